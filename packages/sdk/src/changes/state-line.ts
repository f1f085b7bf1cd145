import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { FeedKind, OutgoingRow } from '../feeds/source-rows.ts'

/** A row as the state remembers it: which row it is, and what of it can change. */
export interface StateLine {
  readonly key: string
  readonly value: string
}

/** What a diff says of a row. */
export type Change = { readonly mark: '+' | '-' } & StateLine

/**
 * Turns rows into what may lie on a telco's disk and back: the IMEI sealed under a key that never does, number and
 * IMSI as the tokens that they are sent as, rejected rows as keyed digests.
 */
export class StateSealer {
  readonly #kind: FeedKind
  readonly #key: Buffer
  readonly #seal
  readonly #open

  /** @param key 32 bytes, derived from the telco's key; see docs/formats.md */
  constructor(kind: FeedKind, key: Buffer) {
    this.#kind = kind
    this.#key = key
    // Each block stands alone, so one cipher serves every row.
    this.#seal = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    this.#open = createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  }

  /** The row's line in the state. */
  seal({ line, fault }: OutgoingRow, rawDigestInput: () => string): StateLine {
    if (fault) {
      const digest = createHmac('sha256', this.#key).update(rawDigestInput()).digest('base64url')
      return { key: `!${digest}`, value: `${fault.field},${fault.code}` }
    }
    const fields = line.trimEnd().split(',')
    if (this.#kind === 'subscribers') return { key: fields[1] ?? '', value: fields[2] ?? '' }
    const [, imei = '', imsi, subscription, ...rest] = fields
    return { key: `${this.#sealImei(imei)},${imsi},${subscription}`, value: rest.join(',') }
  }

  /** The line of a feed that says this change; a rejected row that is gone is nobody's business. */
  lineOf({ mark, key, value }: Change): OutgoingRow | undefined {
    if (key.startsWith('!')) {
      if (mark === '-') return undefined
      const [field, code] = value.split(',')
      // The value was written from a fault by `seal`.
      return { line: `!,${value}\n`, fault: { field, code } as NonNullable<OutgoingRow['fault']> }
    }
    if (this.#kind === 'subscribers') return { line: `${mark},${key},${value}\n`, fault: undefined }
    const [sealedImei = '', ...tokens] = key.split(',')
    return { line: `${mark},${this.#openImei(sealedImei)},${tokens.join(',')},${value}\n`, fault: undefined }
  }

  #sealImei(imei: string): string {
    return this.#seal.update(imei.padEnd(16, '\0'), 'latin1').toString('base64url')
  }

  #openImei(sealed: string): string {
    return this.#open.update(Buffer.from(sealed, 'base64url')).toString('latin1').replace(/\0+$/, '')
  }
}

/** Two rows of one key become one, as the registry folds them: first use to last use. */
export function foldValues(kind: FeedKind, first: string, second: string): string {
  if (kind === 'subscribers' || first === second) return second
  const [firstFrom = '', firstTo = '', origin = '', firstRat = ''] = first.split(',')
  const [secondFrom = '', secondTo = '', , secondRat = ''] = second.split(',')
  // ISO days and RAT codes: text order is their order.
  const [from] = [firstFrom, secondFrom].toSorted()
  const [to] = [firstTo, secondTo].toSorted().toReversed()
  const [rat] = [firstRat, secondRat].toSorted().toReversed()
  return [from, to, origin, rat].join(',')
}
