import { type Kysely, sql } from 'kysely'
import type { FeedKind, StoredFeed } from './feeds.ts'
import type { Database } from './schema.ts'

/** Mean rows of the last seven applied feeds of this series and mode, or `undefined` before the first. */
export async function findRecentAverageRows(
  db: Kysely<Database>,
  { telcoId, kind, mode }: Pick<StoredFeed, 'telcoId' | 'kind' | 'mode'>,
): Promise<number | undefined> {
  const { rows } = await sql<{ average: string | null }>`
    SELECT avg(rows_in) AS average FROM (
      SELECT rows_in FROM feed
      WHERE telco_id = ${telcoId} AND kind = ${kind} AND mode = ${mode} AND state = 'applied'
      ORDER BY number DESC LIMIT 7
    ) recent`.execute(db)
  const average = rows[0]?.average
  return average ? Number(average) : undefined
}

/** Generation of the keys of what a series has on file; `undefined` before its first feed is applied. */
export async function findAppliedEpoch(
  db: Kysely<Database>,
  telcoId: number,
  kind: FeedKind,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('feed')
    .select('token_epoch')
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('state', '=', 'applied')
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.token_epoch
}

/** When each series was applied last; a series that never was is missing. */
export async function findLastApplied(
  db: Kysely<Database>,
): Promise<readonly { readonly telcoId: number; readonly kind: FeedKind; readonly at: Date }[]> {
  const rows = await db
    .selectFrom('feed')
    .select(['telco_id', 'kind', sql<Date>`max(closed_at)`.as('at')])
    .where('state', '=', 'applied')
    .groupBy(['telco_id', 'kind'])
    .execute()
  return rows.map((row) => ({ telcoId: row.telco_id, kind: row.kind, at: row.at }))
}
