import { rawText, readRawText } from '../encoding/raw-text.ts'
import type { RowEncoder } from '../encoding/row-encoder.ts'
import { eachRow, type Source } from './row-batches.ts'
import type { FeedKind, OutgoingRow, SourceRows } from './source-rows.ts'

/** What a dry run found in one row. */
export interface PreviewedRow {
  /** Where the row stands in its source, from 1 where the source does not say. */
  readonly line: number
  /** The row as a person may see it: identifiers masked. */
  readonly masked: string
  readonly fault: OutgoingRow['fault']
}

/** Parses rows as a feed would, sending nothing. */
export async function* previewRows<Kind extends FeedKind>(
  kind: Kind,
  source: Source<SourceRows[Kind]>,
  encoder: RowEncoder,
): AsyncIterable<PreviewedRow> {
  let position = 0
  for await (const row of eachRow(source)) {
    position += 1
    // By way of the text that a sync hands to its threads, so that a dry run finds what a sync would.
    const sent = readRawText(kind, rawText(kind, row, []), []) as SourceRows[Kind]
    const { fault } = encoder.encode(kind, sent)
    yield { line: row.line ?? position, masked: fault ? '' : maskRow(kind, row), fault }
  }
}

/** How many leading characters of each field may be shown: those that name a model, a network or a country. */
const shownCharacters: Readonly<Record<string, number>> = {
  imei: 8,
  imsi: 5,
  msisdn: 2,
  firstSeen: 10,
  lastSeen: 10,
}

function maskRow(kind: FeedKind, row: object): string {
  const fields = Object.entries(row).flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' ? [`${name} ${mask(value, shownCharacters[name] ?? 0)}`] : [],
  )
  return `${kind === 'pairings' ? 'pairing' : 'subscriber'} ${fields.join(' ')}`
}

/** Shows the first characters and stars for the rest. */
function mask(value: string, shown: number): string {
  return value.slice(0, shown) + '*'.repeat(Math.max(0, value.length - shown))
}
