import { parseDay } from '@pcbs/core'
import { rowBatches, type Source } from '../feeds/row-batches.ts'
import type { SourceRows } from '../feeds/source-rows.ts'

/** The days that a feed covers; ISO. */
export interface Period {
  readonly from: string
  readonly to: string
}

/**
 * A source of pairings for a feed whose period was fixed before midnight: a phone that is used after it is fed as used on
 * the period's last day, and the next sync tells the new one. Without this its row would lie outside of the period, and the
 * use that was fed the day before would be taken for ended.
 * @param today the nation's day at the moment of asking
 */
export async function* throughMidnight(
  source: Source<SourceRows['pairings']>,
  period: Period,
  today: () => string,
): AsyncIterable<readonly SourceRows['pairings'][]> {
  for await (const rows of rowBatches('pairings', source)) {
    const now = today()
    yield now === period.to ? rows : rows.map((row) => endedBy(row, period.to, now))
  }
}

function endedBy(row: SourceRows['pairings'], last: string, today: string): SourceRows['pairings'] {
  if ('fault' in row || !isBetween(row.lastSeen, last, today)) return row
  const firstSeen = isBetween(row.firstSeen, last, today) ? last : row.firstSeen
  return { ...row, firstSeen, lastSeen: last }
}

/** Whether a text is a day after one and up to another. */
function isBetween(text: string, after: string, upTo: string): boolean {
  const day = parseDay(text.trim())
  return day.ok && day.value > after && day.value <= upTo
}
