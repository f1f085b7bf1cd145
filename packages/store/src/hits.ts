import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'

/** A check that a network answered with black or grey. Tokens are second-layer. */
export interface StoredHit {
  readonly id: string
  readonly imei: Uint8Array
  readonly imsi: Uint8Array | undefined
  readonly status: 'PROHIBITED' | 'TRACKING'
  readonly node: string
  readonly at: Date
}

/** Stores a telco's hits; one that is there already is left as it is. Gives how many were new. */
export async function insertHits(
  db: Kysely<Database>,
  telcoId: number,
  hits: readonly StoredHit[],
): Promise<number> {
  const result = await db
    .insertInto('hit')
    .values(
      hits.map(({ id, imei, imsi, status, node, at }) => ({
        telco_id: telcoId,
        id,
        imei: sql`token(${imei})`,
        imsi: imsi ? sql`token(${imsi})` : null,
        status,
        node,
        at,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return Number(result.numInsertedOrUpdatedRows ?? 0)
}
