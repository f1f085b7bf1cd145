import { batchRows } from '../encoding/batch-encoder.ts'
import type { EncoderPool } from '../encoding/encoder-pool.ts'
import { rawText } from '../encoding/raw-text.ts'
import { rowBatches, type Source } from '../feeds/row-batches.ts'
import type { FeedKind, SourceRows } from '../feeds/source-rows.ts'
import { type Matcher, notFound, wordsOf } from './matcher.ts'

/** Rows of a source in a row, each found among those remembered or not. */
export interface Chunk {
  readonly rows: number
  /** Keyed digests of the raw rows. */
  readonly digests: Buffer
  /** Where each row is remembered, or {@link notFound}. */
  readonly places: Int32Array
  /** The remembered rows that this chunk passed, whether its rows are among them or not. */
  readonly passed: { readonly from: number; readonly to: number }
  /** The raw text of the rows that were not found. */
  readonly unfound: readonly string[]
}

/** Cuts a source into chunks, each row looked up by a digest that only the telco's key makes. */
export async function* cutChunks<Kind extends FeedKind>(
  kind: Kind,
  source: Source<SourceRows[Kind]>,
  { matcher, pool }: { readonly matcher: Matcher; readonly pool: EncoderPool },
): AsyncIterable<Chunk> {
  let texts: string[] = []
  for await (const rows of rowBatches(kind, source))
    for (const row of rows) {
      texts.push(rawText(kind, row, pool.sealedFields))
      if (texts.length < batchRows) continue
      yield* matchRows(texts, pool.digest(texts), matcher)
      texts = []
    }
  if (texts.length > 0) yield* matchRows(texts, pool.digest(texts), matcher)
}

/** Remembered rows that no row of the source is, in chunks of their own: there may be millions. */
export function* passedRows(from: number, to: number): Iterable<Chunk> {
  const nothing = { rows: 0, digests: Buffer.alloc(0), places: new Int32Array(), unfound: [] }
  for (let at = from; at < to; at += batchRows)
    yield { ...nothing, passed: { from: at, to: Math.min(at + batchRows, to) } }
}

async function* matchRows(texts: readonly string[], digests: Buffer, matcher: Matcher): AsyncIterable<Chunk> {
  const from = matcher.cursor
  const words = wordsOf(digests)
  const places = new Int32Array(texts.length)
  const unfound: string[] = []
  await matcher.prepare(texts.length)
  for (let row = 0; row < texts.length; row++) {
    const place = matcher.match(words, row)
    places[row] = place
    if (place === notFound) unfound.push(texts[row] as string)
  }
  const to = matcher.cursor
  yield { rows: texts.length, digests, places, passed: { from, to }, unfound }
  if (places.at(-1) !== notFound) return
  await matcher.catchUp(words, texts.length - 1)
  yield* passedRows(to, matcher.cursor)
}
