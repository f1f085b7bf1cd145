import { decideVerdict, type EquipmentStatus, PhoneTable, type Verdict } from '@pcbs/core'
import { isRange, type ListChange, type ListException, type OpenSnapshot } from '@pcbs/seal'

import { TacRanges } from './tac-ranges.ts'

/** Makes this telco's tokens of an IMSI, one of each generation of keys, in hex; `undefined` while no key has arrived. */
export type ImsiTokenizer = ((imsi: string) => readonly string[]) | undefined

/** A list on its way to another thread: the table is shared, the rest is small and copied. */
export interface SharedList {
  readonly table: SharedArrayBuffer
  readonly ranges: TacRanges['all']
  readonly exceptions: ReadonlyMap<number, ReadonlySet<string>>
  readonly overlay: ReadonlyMap<number, EquipmentStatus>
  /** How many phones the list names. */
  readonly phones: number
}

/**
 * The block list in memory, answering checks: a table for the bulk, built once from a snapshot and shared by every
 * thread, an overlay for what changed since, ranges of models, and the SIMs that are let through by name.
 */
export class EdgeList {
  readonly #table: PhoneTable
  readonly #ranges: TacRanges
  readonly #exceptions: Map<number, ReadonlySet<string>>
  readonly #overlay: Map<number, EquipmentStatus>
  #phones: number

  constructor({ table, ranges, exceptions, overlay, phones }: SharedList = nothing()) {
    this.#table = new PhoneTable(table)
    this.#ranges = new TacRanges(ranges)
    this.#exceptions = new Map(exceptions)
    this.#overlay = new Map(overlay)
    this.#phones = phones
  }

  /** The list as a snapshot has it. */
  static of(snapshot: OpenSnapshot): EdgeList {
    const table = PhoneTable.withRoomFor(snapshot.header.phones)
    for (const reader = snapshot.readPhones(); reader.next(); )
      table.set(reader.imei, reader.isTracking ? 'TRACKING' : 'PROHIBITED')
    const exceptions = new Map(
      [...Map.groupBy(snapshot.exceptions, ({ imei }) => Number(imei))].map(([key, sims]) => [
        key,
        tokensOf(sims),
      ]),
    )
    return new EdgeList({
      table: table.memory,
      ranges: new TacRanges(snapshot.ranges).all,
      exceptions,
      overlay: new Map(),
      phones: snapshot.header.phones,
    })
  }

  /** What other threads make the same list from. */
  share(): SharedList {
    return {
      table: this.#table.memory,
      ranges: this.#ranges.all,
      exceptions: this.#exceptions,
      overlay: this.#overlay,
      phones: this.#phones,
    }
  }

  /** How many phones are on the list by name, whatever put them there. */
  get phones(): number {
    return this.#phones
  }

  /** How many of them let SIMs through by name. */
  get phonesWithExceptions(): number {
    return this.#exceptions.size
  }

  /** How many ranges of models are on the list. */
  get ranges(): number {
    return this.#ranges.all.length
  }

  /** How many phones changed since the snapshot. */
  get changed(): number {
    return this.#overlay.size
  }

  /** Applies one change. */
  apply(change: ListChange): void {
    if (isRange(change)) {
      this.#ranges.apply(change)
      return
    }
    const key = Number(change.imei)
    this.#phones += Number(change.status !== 'PERMITTED') - Number(this.#exact(key) !== undefined)
    this.#overlay.set(key, change.status)
    const sims = change.status === 'PERMITTED' ? [] : change.exceptions
    if (sims.length > 0) this.#exceptions.set(key, tokensOf(sims))
    else this.#exceptions.delete(key)
  }

  /** What the list says of a phone, 14 digits as a number, with a SIM. A SIM that was not told cannot be an exception. */
  check(imei: number, imsi: string | undefined, tokenize: ImsiTokenizer): Verdict {
    const exact = this.#exact(imei)
    const tacRange = this.#ranges.get(imei)
    const isPairAllowed = exact !== undefined && imsi !== undefined && this.#isAllowed(imei, imsi, tokenize)
    return decideVerdict({ isPairAllowed, exact, tacRange })
  }

  /** What is said of a phone by name. */
  #exact(imei: number): Exclude<EquipmentStatus, 'PERMITTED'> | undefined {
    const changed = this.#overlay.get(imei) ?? this.#table.get(imei)
    // PERMITTED in the overlay takes an entry of the table off the list; a range may still say something of it.
    return changed === 'PERMITTED' ? undefined : changed
  }

  #isAllowed(key: number, imsi: string, tokenize: ImsiTokenizer): boolean {
    const allowed = this.#exceptions.get(key)
    if (!allowed) return false
    // Without a key nobody can tell the rightful owner from the clones: where the operator wants it so, the owner is not
    // locked out.
    return tokenize === undefined || tokenize(imsi).some((token) => allowed.has(token))
  }
}

/** Which telco an exception is for does not matter here: only our own key makes a token that matches. */
function tokensOf(sims: readonly ListException[]): ReadonlySet<string> {
  return new Set(sims.map(({ imsiToken }) => imsiToken))
}

function nothing(): SharedList {
  return {
    table: PhoneTable.withRoomFor(0).memory,
    ranges: [],
    exceptions: new Map(),
    overlay: new Map(),
    phones: 0,
  }
}
