import { sql, type Transaction } from 'kysely'
import { stagingTable } from './feed-staging.ts'
import type { FeedName } from './feeds.ts'
import type { Database } from './schema.ts'
import { tokenBytes } from './token-values.ts'

/** A staged row as an officer's tools may look at it: no subscriber's token. */
export interface StagedSample {
  readonly isEnded: boolean
  /** The stored form of the IMEI; empty for subscribers. */
  readonly imei: Buffer
  readonly firstSeen: string
  readonly lastSeen: string
  readonly rat: string
}

/** What a feed holds that waits for a decision. */
export interface StagedSummary {
  readonly rows: number
  readonly ended: number
  /** Rows per day of last use, oldest first; none for subscribers. */
  readonly days: readonly { readonly day: string; readonly rows: number }[]
  readonly samples: readonly StagedSample[]
}

/** Looks into a feed's staged rows. */
export async function summariseStaged(
  tx: Transaction<Database>,
  feed: FeedName & { readonly accepted: number },
  sampleRows: number,
): Promise<StagedSummary> {
  const staged = sql.raw(stagingTable(feed))
  const { rows: counts } = await sql<{ rows: string; ended: string }>`
    SELECT count(*) AS rows, count(*) FILTER (WHERE is_ended) AS ended FROM ${staged}`.execute(tx)
  const total = { rows: Number(counts[0]?.rows), ended: Number(counts[0]?.ended) }
  if (feed.kind === 'subscribers') return { ...total, days: [], samples: [] }
  const { rows: days } = await sql<{ day: string; rows: string }>`
    SELECT last_seen::text AS day, count(*) AS rows FROM ${staged} GROUP BY 1 ORDER BY 1`.execute(tx)
  const percent = sql.raw(String(Math.min(100, (100 * 2 * sampleRows) / Math.max(1, feed.accepted))))
  const { rows: samples } = await sql<{
    is_ended: boolean
    imei: string
    first_seen: string
    last_seen: string
    rat: string
  }>`
    SELECT is_ended, imei, first_seen::text, last_seen::text, rat
    FROM ${staged} TABLESAMPLE BERNOULLI (${percent}) LIMIT ${sampleRows}`.execute(tx)
  return {
    ...total,
    days: days.map(({ day, rows }) => ({ day, rows: Number(rows) })),
    samples: samples.map((row) => ({
      isEnded: row.is_ended,
      imei: tokenBytes(row.imei),
      firstSeen: row.first_seen,
      lastSeen: row.last_seen,
      rat: row.rat,
    })),
  }
}
