import { type HomeNetwork, parsePairing, parseSubscriber, type RowFault } from '@pcbs/core'
import {
  encodePairingLine,
  encodeRejectLine,
  encodeSubscriberLine,
  encodeToken,
  makeOwnerTag,
  makeToken,
  type RecordOwner,
  type SealedContent,
  type SealedField,
  type SealingBatch,
  type SealingCustodian,
  sealRecord,
  type TelcoKey,
} from '@pcbs/seal'
import type { FeedKind, OutgoingRow, SourceRows } from '../feeds/source-rows.ts'

/** What the policy has sealed, and to whom. */
export interface Sealing {
  readonly telco: string
  readonly fields: readonly SealedField[]
  readonly custodians: readonly SealingCustodian[]
}

/** Turns a source's rows into lines: the only place where a telco's customers' data is handled in clear. */
export class RowEncoder {
  readonly #home: HomeNetwork
  readonly #key: TelcoKey
  readonly #sealing: (Sealing & { readonly batch: SealingBatch }) | undefined

  /** @param sealing what is sealed, under the encapsulations of a batch; nothing where left out */
  constructor(home: HomeNetwork, key: TelcoKey, sealing?: Sealing & { readonly batch: SealingBatch }) {
    this.#home = home
    this.#key = key
    this.#sealing = sealing
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
    const { imsi, msisdn, ...rest } = parsed.value
    return accepted(
      encodePairingLine({
        ...rest,
        mark: '+',
        imsiToken: encodeToken(makeToken(this.#key, 'imsi', imsi)),
        subscriptionToken: encodeToken(makeToken(this.#key, 'msisdn', msisdn)),
      }),
    )
  }

  /** A subscription. One that has ended is not in force, so a snapshot leaves it out. */
  subscribers(row: SourceRows['subscribers']): OutgoingRow {
    if ('fault' in row) return rejected(row.fault)
    const parsed = parseSubscriber(row, this.#home)
    if (!parsed.ok) return rejected(parsed.failure)
    const { msisdn, nationalId, isHomeMsisdn } = parsed.value
    const token = makeToken(this.#key, 'msisdn', msisdn)
    const sealed = this.#seal(token, parsed.value)
    if (sealed === 'too-long') return rejected({ field: 'sealed', code: 'sealed-length' })
    return accepted(
      encodeSubscriberLine({
        mark: '+',
        subscriptionToken: encodeToken(token),
        ownerTag: makeOwnerTag(this.#key.key, msisdn, nationalId),
        isHomeMsisdn,
        sealed: sealed?.toString('base64url'),
      }),
    )
  }

  /** What the policy has sealed of a person; empty where the telco knows nothing of it. */
  #seal(
    { bytes, epoch }: { readonly bytes: Buffer; readonly epoch: number },
    person: SealedContent,
  ): Buffer | 'too-long' | undefined {
    if (!this.#sealing) return undefined
    const { telco, fields, batch } = this.#sealing
    const content = Object.fromEntries(fields.map((field) => [field, person[field] ?? '']))
    if (Object.values(content).every((value) => value === '')) return Buffer.alloc(0)
    const owner: RecordOwner = { telco, token: bytes, epoch }
    return sealRecord(batch, owner, content) ?? 'too-long'
  }
}

function accepted(line: string): OutgoingRow {
  return { line, fault: undefined }
}

function rejected(fault: RowFault): OutgoingRow {
  return { line: encodeRejectLine(fault), fault }
}
