import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { imeiBlocks, wrapTokens } from '@pcbs/seal'
import { copyHeader, copyTrailer, encodeStagedBatch, type IncomingPart, type PartOutcome } from '@pcbs/store'
import { Problem } from '../http/problems.ts'
import { type GoodRow, type RowRules, readRow } from './part-rows.ts'

/** Where a part's rows go and what protects them. */
export interface PartSettings {
  readonly part: number
  readonly rules: RowRules
  /** The telco's second-layer key. */
  readonly layerKey: Buffer
  readonly imeiKey: Buffer
  /** SHA-256 that the sender declared, hex. */
  readonly declaredDigest: string
}

/** Uncompressed bytes a part may have: thousands of rows fit, a decompression bomb does not. */
const maxPartBytes = 32 * 1024 * 1024

/** No line of the format is longer; a longer one is cut off here and rejected as malformed. */
const maxLineLength = 512

/** Rows whose tokens are encrypted in one call. */
const batchRows = 2048

/**
 * Reads a part as it streams in: lines to rows, rows to batches, each batch's tokens through the second layer
 * in one call, out as binary COPY. Nothing of a row is kept but what is staged and, for bad rows, field and code.
 */
export function readIncomingPart(body: Readable, settings: PartSettings): IncomingPart {
  const hash = createHash('sha256')
  const tally = new Tally()

  async function* copyData(): AsyncGenerator<Buffer> {
    yield copyHeader
    let batch: GoodRow[] = []
    for await (const line of linesOf(body, hash)) {
      const row = readRow(line, settings.rules)
      tally.count(row)
      if ('good' in row) batch.push(row.good)
      if (batch.length === batchRows) {
        yield encryptBatch(batch, settings)
        batch = []
      }
    }
    if (batch.length > 0) yield encryptBatch(batch, settings)
    yield copyTrailer
  }

  return {
    copyData: copyData(),
    finish() {
      const digest = hash.digest()
      if (digest.toString('hex') !== settings.declaredDigest) {
        throw new Problem('digest-mismatch', 'The part was damaged on its way: send it again.')
      }
      return tally.outcome(digest)
    },
  }
}

async function* linesOf(body: Readable, hash: { update(chunk: Buffer): unknown }): AsyncGenerator<string> {
  let rest = ''
  let length = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk)
    length += chunk.length
    if (length > maxPartBytes)
      throw new Problem('body-too-large', `A part has at most ${maxPartBytes} bytes.`)
    // The format is ASCII; any other byte makes its field malformed, so latin1 loses nothing that is accepted.
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = (lines.pop() ?? '').slice(0, maxLineLength)
    yield* lines
  }
  if (rest !== '') yield rest
}

/** A batch as COPY data: IMEIs and tokens encrypted, each kind in one call. */
function encryptBatch(batch: readonly GoodRow[], { part, rules, layerKey, imeiKey }: PartSettings): Buffer {
  const rows = batch.map(({ staged }) => staged)
  const layered = wrapTokens(layerKey, Buffer.concat(batch.flatMap((row) => row.tokens)))
  if (rules.kind === 'subscribers') return encodeStagedBatch(rules.kind, { part, rows, tokens: layered })
  const imeis = wrapTokens(imeiKey, imeiBlocks(batch.map(({ imei = '' }) => imei)))
  // IMEI, IMSI, subscription: the order of the columns.
  const tokens = Buffer.allocUnsafe(batch.length * 48)
  for (let row = 0; row < batch.length; row++) {
    imeis.copy(tokens, row * 48, row * 16, row * 16 + 16)
    layered.copy(tokens, row * 48 + 16, row * 32, row * 32 + 32)
  }
  return encodeStagedBatch(rules.kind, { part, rows, tokens })
}

/** Counts rows as they pass. */
class Tally {
  #rowsIn = 0
  #foreignImsis = 0
  #shortImeis = 0
  readonly #rejects: { line: number; field: string; code: string }[] = []
  readonly #rejectsByCode: Record<string, number> = {}

  count(row: ReturnType<typeof readRow>): void {
    this.#rowsIn += 1
    if ('good' in row) {
      if (row.good.isForeignImsi) this.#foreignImsis += 1
      return
    }
    const { field, code, isShortImei } = row.bad
    if (isShortImei) this.#shortImeis += 1
    this.#rejects.push({ line: this.#rowsIn, field, code })
    this.#rejectsByCode[code] = (this.#rejectsByCode[code] ?? 0) + 1
  }

  outcome(digest: Buffer): PartOutcome {
    return {
      digest,
      rowsIn: this.#rowsIn,
      accepted: this.#rowsIn - this.#rejects.length,
      rejects: this.#rejects,
      counts: {
        foreignImsis: this.#foreignImsis,
        shortImeis: this.#shortImeis,
        rejectsByCode: this.#rejectsByCode,
      },
    }
  }
}
