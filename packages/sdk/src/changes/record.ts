import { createCipheriv, createDecipheriv } from 'node:crypto'
import { sealedTextLength } from '@pcbs/seal'
import type { FeedKind, OutgoingRow } from '../feeds/source-rows.ts'

/**
 * How a row is remembered: a sealed block that holds the IMEI, for pairings; then the rest of its line as ASCII, from
 * the comma before the first token on, or the whole line of a rejected row; zeros up to the size.
 */
const layouts = {
  // ",imsi,subscription,firstSeen,lastSeen,HHZ,rat" has at most 104 characters.
  pairings: { sealed: 16, keyLength: 16 + 50, size: 128 },
  // ",subscription,tag" has 31; a reject's field and code have the most.
  subscribers: { sealed: 0, keyLength: 25, size: 64 },
} as const

const exclamation = '!'.charCodeAt(0)

/** Turns outgoing rows into records of fixed length that may lie on a telco's disk, and back into lines. */
export class RecordCodec {
  readonly #layout: (typeof layouts)[FeedKind]
  readonly #kind: FeedKind
  readonly #key: Uint8Array
  /** Bytes of a record. */
  readonly size: number

  /**
   * @param key 32 bytes, derived from the telco's key; see docs/formats.md
   * @param custodians to how many custodians a policy has subscribers' data sealed
   */
  constructor(kind: FeedKind, key: Uint8Array, custodians = 0) {
    this.#kind = kind
    this.#layout = layouts[kind]
    this.size = layouts[kind].size + (custodians > 0 ? 1 + sealedTextLength(custodians) : 0)
    this.#key = key
  }

  /** Writes a row as the record of this index, its IMEI still in clear: {@link seal} follows. */
  write({ line, fault }: OutgoingRow, records: Buffer, index: number): void {
    const at = index * this.size
    const { sealed } = this.#layout
    // A line is its mark, a comma, the IMEI for pairings, and the rest.
    const rest = fault ? 0 : sealed > 0 ? line.indexOf(',', 2) : 1
    if (!fault && sealed > 0) records.write(line.slice(2, rest), at, sealed, 'latin1')
    records.write(line.slice(rest, -1), at + sealed, this.size - sealed, 'latin1')
  }

  /** Seals the IMEIs of many records where they lie. Each is a block of its own, and equal ones must stay equal. */
  seal(records: Buffer): void {
    this.#crypt(records, createCipheriv('aes-256-ecb', this.#key, null))
  }

  /** What tells whether two records are of one row. */
  keyOf(record: Buffer): string {
    return record.toString('latin1', 0, this.#layout.keyLength)
  }

  /** Whether the row was rejected at the telco. */
  isReject(record: Buffer): boolean {
    return record[this.#layout.sealed] === exclamation
  }

  /** A few bytes of {@link keyOf}, enough to rule most other rows out. */
  markOf(records: Buffer, at: number): number {
    return records.readUInt32LE(at + this.#layout.keyLength - 8)
  }

  /** Whether folding the later record of a row into the earlier one gives the later one, as the registry folds. */
  covers(before: Buffer, after: Buffer): boolean {
    if (this.#kind === 'subscribers') return true
    const [, , , firstBefore = '', lastBefore = '', ...restBefore] = this.#rest(before).split(',')
    const [, , , firstAfter = '', lastAfter = '', ...restAfter] = this.#rest(after).split(',')
    return firstAfter <= firstBefore && lastAfter >= lastBefore && restAfter.join() === restBefore.join()
  }

  /** The lines that say this of many records. A row that was rejected is said as it was; its end is nobody's business. */
  linesOf(mark: '+' | '-', records: Buffer): readonly string[] {
    const plain = Buffer.from(records)
    this.#crypt(plain, createDecipheriv('aes-256-ecb', this.#key, null))
    const { sealed } = this.#layout
    const lines: string[] = []
    for (let at = 0; at < plain.length; at += this.size) {
      const record = plain.subarray(at, at + this.size)
      const rest = this.#rest(record)
      const imei = trimmed(record.toString('latin1', 0, sealed))
      lines.push(this.isReject(record) ? `${rest}\n` : `${mark}${sealed > 0 ? ',' : ''}${imei}${rest}\n`)
    }
    return lines
  }

  #rest(record: Buffer): string {
    return trimmed(record.toString('latin1', this.#layout.sealed))
  }

  #crypt(records: Buffer, cipher: ReturnType<typeof createCipheriv | typeof createDecipheriv>): void {
    const { sealed } = this.#layout
    const { size } = this
    if (sealed === 0) return
    const blocks = Buffer.alloc((records.length / size) * sealed)
    for (let from = 0, to = 0; from < records.length; from += size, to += sealed)
      records.copy(blocks, to, from, from + sealed)
    const crypted = cipher.setAutoPadding(false).update(blocks)
    for (let to = 0, from = 0; to < records.length; to += size, from += sealed)
      crypted.copy(records, to, from, from + sealed)
  }
}

function trimmed(text: string): string {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}
