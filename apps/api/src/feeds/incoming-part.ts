import { createHash, type Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { copyHeader, copyTrailer, type IncomingPart, type PartOutcome } from '@pcbs/store'
import { Problem } from '../http/problems.ts'
import { type BatchSettings, RowBatch } from './row-batch.ts'
import { type BadRow, maxLineLength, type RowCounts, RowReader, type RowRules } from './row-reader.ts'

/** Where a part's rows go and what protects them. */
export interface PartSettings extends Omit<BatchSettings, 'kind'> {
  readonly rules: RowRules
  /** SHA-256 that the sender declared, hex. */
  readonly declaredDigest: string
}

/** Uncompressed bytes a part may have: thousands of rows fit, a decompression bomb does not. */
const maxPartBytes = 32 * 1024 * 1024

const newline = 10

/**
 * Reads a part as it streams in: lines to rows, rows to batches, each batch's tokens through the second layer
 * in one call, out as binary COPY. Nothing of a row is kept but what is staged and, for bad rows, field and code.
 */
export function readIncomingPart(body: Readable, settings: PartSettings): IncomingPart {
  const { rules } = settings
  const hash = createHash('sha256')
  const batch = new RowBatch({ ...settings, kind: rules.kind })
  const reader = new RowReader(rules, batch)
  const tally = new Tally()

  async function* copyData(): AsyncGenerator<Buffer> {
    yield copyHeader
    for await (const lines of wholeLines(body, hash)) {
      for (let start = 0; start < lines.length; ) {
        const end = lines.indexOf(newline, start)
        tally.count(reader.read(lines, start, end))
        start = end + 1
        if (batch.isFull) yield batch.drain()
      }
    }
    if (batch.count > 0) yield batch.drain()
    yield copyTrailer
  }

  return {
    copyData: copyData(),
    finish() {
      const digest = hash.digest()
      if (digest.toString('hex') !== settings.declaredDigest) {
        throw new Problem('digest-mismatch', 'The part was damaged on its way: send it again.')
      }
      return tally.outcome(digest, reader)
    },
  }
}

/** The body in pieces that end where a line ends; a last line without a newline gets one. */
async function* wholeLines(body: Readable, hash: Hash): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  let length = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk)
    length += chunk.length
    if (length > maxPartBytes)
      throw new Problem('body-too-large', `A part has at most ${maxPartBytes} bytes.`)
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const end = bytes.lastIndexOf(newline) + 1
    if (end > 0) yield bytes.subarray(0, end)
    // What is longer than any line can be need not be kept to be found too long.
    rest = bytes.subarray(end, end + maxLineLength + 1)
  }
  if (rest.length > 0) yield Buffer.concat([rest, Buffer.from([newline])])
}

/** Counts rows as they pass. */
class Tally {
  #rowsIn = 0
  #shortImeis = 0
  readonly #rejects: { line: number; field: string; code: string }[] = []
  readonly #rejectsByCode: Record<string, number> = {}

  count(bad: BadRow | undefined): void {
    this.#rowsIn += 1
    if (!bad) return
    const { field, code, isShortImei } = bad
    if (isShortImei) this.#shortImeis += 1
    this.#rejects.push({ line: this.#rowsIn, field, code })
    this.#rejectsByCode[code] = (this.#rejectsByCode[code] ?? 0) + 1
  }

  outcome(digest: Buffer, counts: RowCounts): PartOutcome {
    const { foreignImsis, foreignMsisdns, zeroSuspects, unblockableImeis } = counts
    return {
      digest,
      rowsIn: this.#rowsIn,
      accepted: this.#rowsIn - this.#rejects.length,
      rejects: this.#rejects,
      counts: {
        foreignImsis,
        foreignMsisdns,
        zeroSuspects,
        unblockableImeis,
        shortImeis: this.#shortImeis,
        rejectsByCode: this.#rejectsByCode,
      },
    }
  }
}
