import { slotOf } from '@pcbs/core'
import type { ListChange } from '@pcbs/seal'

/** Bytes of a token. */
const tokenBytes = 16

/** How many places a phone may lie in: the one that was used longest ago makes room. */
const places = 4

/** Whose SIM was last seen in a phone, and when. */
export interface LastUse {
  readonly token: Uint8Array
  readonly atMs: number
}

/**
 * Which SIM was last used in which phone, by tokens and in memory alone: what a block needs to reach a phone that is
 * attached already. It holds so many phones; those not used for longest are forgotten.
 */
export class RecentSims {
  readonly #phones: Float64Array
  /** Epoch seconds. */
  readonly #times: Uint32Array
  readonly #tokens: Buffer

  /** @param capacity how many phones it holds */
  constructor(capacity: number) {
    const size = Math.ceil(capacity / places) * places
    this.#phones = new Float64Array(size).fill(-1)
    this.#times = new Uint32Array(size)
    this.#tokens = Buffer.alloc(size * tokenBytes)
  }

  /** Remembers a use of a phone, 14 digits as a number. */
  remember(imei: number, token: Uint8Array, atMs: number): void {
    const first = this.#firstPlace(imei)
    let chosen = first
    for (let place = first; place < first + places; place++) {
      if (this.#phones[place] === imei) {
        chosen = place
        break
      }
      if ((this.#times[place] as number) < (this.#times[chosen] as number)) chosen = place
    }
    this.#phones[chosen] = imei
    this.#times[chosen] = Math.floor(atMs / 1000)
    this.#tokens.set(token, chosen * tokenBytes)
  }

  /** The last use of a phone, as far as it is remembered. */
  find(imei: number): LastUse | undefined {
    const first = this.#firstPlace(imei)
    for (let place = first; place < first + places; place++) {
      if (this.#phones[place] !== imei) continue
      const token = Buffer.from(this.#tokens.subarray(place * tokenBytes, (place + 1) * tokenBytes))
      return { token, atMs: (this.#times[place] as number) * 1000 }
    }
    return undefined
  }

  #firstPlace(imei: number): number {
    return slotOf(imei, this.#phones.length / places) * places
  }
}

/** A phone that was attached when it was blocked. */
export interface AttachedPhone extends LastUse {
  /** 14 digits. */
  readonly imei: string
}

/**
 * Finds who is attached with phones that changes block, but for SIMs that the same changes let through. A SIM is remembered by
 * its token of the newest generation alone: where there are older ones, nobody is detached from a phone with exceptions,
 * since theirs may be of those.
 */
export function findAttached(
  recent: RecentSims,
  changes: readonly ListChange[],
  { hasOlderKeys }: { readonly hasOlderKeys: boolean },
): readonly AttachedPhone[] {
  return changes.flatMap((change) => {
    if (!('imei' in change) || change.status !== 'PROHIBITED') return []
    const use = recent.find(Number(change.imei))
    const token = use && Buffer.from(use.token).toString('hex')
    const isAllowed = change.exceptions.some(({ imsiToken }) => hasOlderKeys || imsiToken === token)
    return use && !isAllowed ? [{ imei: change.imei, ...use }] : []
  })
}
