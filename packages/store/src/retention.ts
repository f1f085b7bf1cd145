import { type Kysely, sql } from 'kysely'
import { asTelco } from './feeds.ts'
import type { Database } from './schema.ts'

/**
 * Deletes a telco's pairings that were last used before a day: one pass over its partitions, in the order in which the
 * rows lie, with no index to keep for it. Several processes may try at once; one does it.
 * @param before ISO day
 * @returns how many went
 */
export function deletePairingsBefore(
  ingest: Kysely<Database>,
  telcoId: number,
  before: string,
): Promise<number> {
  return asTelco(ingest, telcoId, async (tx) => {
    const lock = await sql<{ isFree: boolean }>`
      SELECT pg_try_advisory_xact_lock(hashtextextended(${`retention/${telcoId}`}, 0)) AS "isFree"`.execute(
      tx,
    )
    if (!lock.rows[0]?.isFree) return 0
    const { numDeletedRows } = await tx
      .deleteFrom('pairing')
      .where('telco_id', '=', telcoId)
      .where('last_seen', '<', before)
      .executeTakeFirst()
    return Number(numDeletedRows)
  })
}
