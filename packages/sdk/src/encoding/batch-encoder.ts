import type { HomeNetwork } from '@pcbs/core'
import { deriveKey, type TelcoKey } from '@pcbs/seal'
import { RecordCodec } from '../changes/record.ts'
import { RowDigests } from '../changes/row-digests.ts'
import type { FeedKind } from '../feeds/source-rows.ts'
import { readRawText } from './raw-text.ts'
import { RowEncoder } from './row-encoder.ts'

/** Rows that are encoded together, and come in one message from a worker. */
export const batchRows = 4000

/** What encoding takes. */
export interface EncodeSettings {
  readonly kind: FeedKind
  readonly home: HomeNetwork
  readonly key: TelcoKey
  /** Seals what the adapter remembers of each row; without it nothing is remembered. */
  readonly stateKey: Uint8Array | undefined
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
}

/** Encodes rows batch by batch: parse, canonicalise, token, line. */
export class BatchEncoder {
  readonly #kind: FeedKind
  readonly #encoder: RowEncoder
  readonly #codec: RecordCodec | undefined
  readonly #digests: RowDigests | undefined

  constructor({ kind, home, key, stateKey }: EncodeSettings) {
    this.#kind = kind
    // Settings that came in a message hold plain bytes.
    this.#encoder = new RowEncoder(home, { epoch: key.epoch, key: Buffer.from(key.key) })
    this.#codec = stateKey && new RecordCodec(kind, stateKey)
    const digestKey = stateKey && deriveKey(stateKey, { purpose: 'digest', owner: kind, epoch: key.epoch })
    this.#digests = digestKey && new RowDigests(digestKey)
  }

  /** A keyed digest of each of so many lines of raw text; none where nothing is remembered. */
  digest(text: string, lines: number): Buffer {
    return this.#digests?.digest(text, lines) ?? Buffer.alloc(0)
  }

  /** Encodes the rows of these lines of {@link rawText}. */
  encode(text: string): EncodedBatch {
    const texts = text.split('\n')
    const records = Buffer.alloc(texts.length * (this.#codec?.size ?? 0))
    const lines: string[] = []
    let rejected = 0
    for (const [index, each] of texts.entries()) {
      const row = this.#encoder.encode(this.#kind, readRawText(this.#kind, each))
      if (row.fault) rejected += 1
      lines.push(row.line)
      this.#codec?.write(row, records, index)
    }
    this.#codec?.seal(records)
    return { lines: Buffer.from(lines.join(''), 'latin1'), rows: texts.length, rejected, records }
  }
}
