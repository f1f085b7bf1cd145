import { hash } from 'node:crypto'
import type { HomeNetwork } from '@pcbs/core'
import type { TelcoKey } from '@pcbs/seal'
import { RecordCodec } from '../changes/record.ts'
import { digestLength } from '../changes/state-files.ts'
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
  readonly #digestPrefix: string

  constructor({ kind, home, key, stateKey }: EncodeSettings) {
    this.#kind = kind
    // Settings that came in a message hold plain bytes.
    this.#encoder = new RowEncoder(home, { epoch: key.epoch, key: Buffer.from(key.key) })
    this.#codec = stateKey && new RecordCodec(kind, stateKey)
    // A block of SHA-256 long, so that it keys the function's state.
    this.#digestPrefix = Buffer.from(stateKey ?? []).toString('hex')
  }

  /** A keyed digest of each row; cut to half of SHA-256, so that none can be extended to another's. */
  digest(text: string): Buffer {
    const texts = text.split('\n')
    const digests = Buffer.alloc(texts.length * digestLength)
    for (const [index, each] of texts.entries())
      digests.write(
        hash('sha256', this.#digestPrefix + each, 'binary'),
        index * digestLength,
        digestLength,
        'latin1',
      )
    return digests
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
