import type { FeedKind, SourceRows } from './source-rows.ts'

/** What an adapter yields: rows one at a time, or as many as its cursor gave it at once, which costs less. */
export type Source<Row> = AsyncIterable<Row | readonly Row[]>

/** Single rows are gathered to this many. */
const gatheredRows = 500

/** A source's rows by the hundred, without subscriptions that have ended: a snapshot leaves those out. */
export async function* rowBatches<Kind extends FeedKind>(
  kind: Kind,
  source: Source<SourceRows[Kind]>,
): AsyncIterable<readonly SourceRows[Kind][]> {
  const inForce = (rows: readonly SourceRows[Kind][]) =>
    kind === 'pairings' ? rows : rows.filter((row) => !('isActive' in row) || row.isActive)
  let gathered: SourceRows[Kind][] = []
  for await (const item of source) {
    if (isBatch(item)) {
      yield inForce(item)
      continue
    }
    gathered.push(item)
    if (gathered.length < gatheredRows) continue
    yield inForce(gathered)
    gathered = []
  }
  yield inForce(gathered)
}

/** A source's rows one at a time, as they are. */
export async function* eachRow<Row extends object>(source: Source<Row>): AsyncIterable<Row> {
  for await (const item of source) {
    if (isBatch(item)) yield* item
    else yield item
  }
}

function isBatch<Row>(item: Row | readonly Row[]): item is readonly Row[] {
  return Array.isArray(item)
}
