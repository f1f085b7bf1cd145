import { type HomeNetwork, parsePairing, parseSubscriber, type RowFault } from '@pcbs/core'
import {
  encodePairingLine,
  encodeRejectLine,
  encodeSubscriberLine,
  encodeToken,
  makeOwnerTag,
  makeToken,
  type TelcoKey,
} from '@pcbs/seal'
import type { FeedKind, OutgoingRow, SourceRows } from '../feeds/source-rows.ts'

/** Turns a source's rows into lines: the only place where a telco's customers' data is handled in clear. */
export class RowEncoder {
  readonly #home: HomeNetwork
  readonly #key: TelcoKey

  constructor(home: HomeNetwork, key: TelcoKey) {
    this.#home = home
    this.#key = key
  }

  /** A row of this kind as the line that is sent. */
  encode<Kind extends FeedKind>(kind: Kind, row: SourceRows[Kind]): OutgoingRow {
    // The kind picks the method of its own rows.
    const encode = this[kind] as (row: SourceRows[Kind]) => OutgoingRow
    return encode.call(this, row)
  }

  /** A use of a phone. */
  pairings(row: SourceRows['pairings']): OutgoingRow {
    if ('fault' in row) return rejected(row.fault)
    const parsed = parsePairing(row, this.#home)
    if (!parsed.ok) return rejected(parsed.failure)
    const { imei, imsi, msisdn, isHomeImsi, firstSeen, lastSeen, rat } = parsed.value
    return accepted(
      encodePairingLine({
        mark: '+',
        imei,
        imsiToken: encodeToken(makeToken(this.#key, 'imsi', imsi)),
        subscriptionToken: encodeToken(makeToken(this.#key, 'msisdn', msisdn)),
        firstSeen,
        lastSeen,
        isHomeImsi,
        rat,
      }),
    )
  }

  /** A subscription. One that has ended is not in force, so a snapshot leaves it out. */
  subscribers(row: SourceRows['subscribers']): OutgoingRow {
    if ('fault' in row) return rejected(row.fault)
    const parsed = parseSubscriber(row, this.#home)
    if (!parsed.ok) return rejected(parsed.failure)
    const { msisdn, nationalId } = parsed.value
    return accepted(
      encodeSubscriberLine({
        mark: '+',
        subscriptionToken: encodeToken(makeToken(this.#key, 'msisdn', msisdn)),
        ownerTag: makeOwnerTag(this.#key.key, msisdn, nationalId),
      }),
    )
  }
}

function accepted(line: string): OutgoingRow {
  return { line, fault: undefined }
}

function rejected(fault: RowFault): OutgoingRow {
  return { line: encodeRejectLine(fault), fault }
}
