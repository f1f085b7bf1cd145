import type { HomeNetwork, RowFault } from '@pcbs/core'
import { beginSealing, deriveKey, type TelcoKey } from '@pcbs/seal'
import { RecordCodec } from '../changes/record.ts'
import { RowDigests } from '../changes/row-digests.ts'
import type { FeedKind } from '../feeds/source-rows.ts'
import { readRawText } from './raw-text.ts'
import { RowEncoder, type Sealing } from './row-encoder.ts'

/** Rows that are encoded together, and come in one message from a worker. */
export const batchRows = 4000

/** What encoding takes. */
export interface EncodeSettings {
  readonly kind: FeedKind
  readonly home: HomeNetwork
  readonly key: TelcoKey
  /** Seals what the adapter remembers of each row; without it nothing is remembered. */
  readonly stateKey: Uint8Array | undefined
  /** What the policy has sealed of subscribers; absent where nothing is. */
  readonly sealing: Sealing | undefined
}

/** Lines of a feed, ready to be cut into parts. */
export interface LineBatch {
  /** ASCII, each line with its newline. */
  readonly lines: Uint8Array
  readonly rows: number
  readonly rejected: number
}

/** Encoded rows, and the records by which the adapter will remember them. */
export interface EncodedBatch extends LineBatch {
  readonly records: Uint8Array
  /** The rejected rows: each by its place in the batch, from 0. */
  readonly faults: readonly (RowFault & { readonly row: number })[]
}

/** Encodes rows batch by batch: parse, canonicalise, token, line. */
export class BatchEncoder {
  readonly #kind: FeedKind
  readonly #home: HomeNetwork
  readonly #key: TelcoKey
  readonly #sealing: Sealing | undefined
  readonly #codec: RecordCodec | undefined
  readonly #digests: RowDigests | undefined

  constructor({ kind, home, key, stateKey, sealing }: EncodeSettings) {
    this.#kind = kind
    this.#home = home
    // Settings that came in a message hold plain bytes.
    this.#key = { epoch: key.epoch, key: Buffer.from(key.key) }
    this.#sealing = kind === 'subscribers' ? sealing : undefined
    this.#codec = stateKey && new RecordCodec(kind, stateKey, this.#sealing?.custodians.length)
    const digestKey = stateKey && deriveKey(stateKey, { purpose: 'digest', owner: kind, epoch: key.epoch })
    this.#digests = digestKey && new RowDigests(digestKey)
  }

  /** A keyed digest of each of so many lines of raw text; none where nothing is remembered. */
  digest(text: string, lines: number): Buffer {
    return this.#digests?.digest(text, lines) ?? Buffer.alloc(0)
  }

  /** Encodes the rows of these lines of {@link rawText}. */
  async encode(text: string): Promise<EncodedBatch> {
    const sealing = this.#sealing
    const batch = sealing && { ...sealing, batch: await beginSealing(sealing.custodians) }
    const encoder = new RowEncoder(this.#home, this.#key, batch)
    const texts = text.split('\n')
    const records = Buffer.alloc(texts.length * (this.#codec?.size ?? 0))
    const lines: string[] = []
    const faults: (RowFault & { readonly row: number })[] = []
    for (const [index, each] of texts.entries()) {
      const row = encoder.encode(this.#kind, readRawText(this.#kind, each, sealing?.fields ?? []))
      if (row.fault) faults.push({ row: index, ...row.fault })
      lines.push(row.line)
      this.#codec?.write(row, records, index)
    }
    this.#codec?.seal(records)
    return {
      lines: Buffer.from(lines.join(''), 'latin1'),
      rows: texts.length,
      rejected: faults.length,
      records,
      faults,
    }
  }
}
