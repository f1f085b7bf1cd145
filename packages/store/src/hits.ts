import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import { tokenBytes, tokenValues } from './token-values.ts'

/** A check that a network answered with black or grey. Tokens are second-layer. */
export interface StoredHit {
  readonly id: string
  readonly imei: Uint8Array
  readonly imsi: Uint8Array | undefined
  readonly status: 'PROHIBITED' | 'TRACKING'
  readonly node: string
  readonly at: Date
}

/** A hit as it is shown: without its SIM. */
export interface SeenHit extends Omit<StoredHit, 'imsi' | 'imei'> {
  readonly telcoId: number
  readonly imei: Buffer
}

/** Which hits: of a telco, of phones, since a moment, and behind one, newest first. */
export interface HitPage {
  readonly telcoId: number | undefined
  readonly imeis: readonly Uint8Array[] | undefined
  readonly since: Date | undefined
  readonly after: { readonly at: Date; readonly id: string } | undefined
  readonly limit: number
}

/** How often a telco's edges refused a phone. */
export interface HitCount {
  readonly telcoId: number
  readonly hits: number
  readonly lastAt: Date
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

/** A page of hits, newest first. */
export async function listHits(
  db: Kysely<Database>,
  { telcoId, imeis, since, after, limit }: HitPage,
): Promise<readonly SeenHit[]> {
  let query = db
    .selectFrom('hit')
    .select(['telco_id', 'id', 'imei', 'status', 'node', 'at'])
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(limit)
  if (telcoId !== undefined) query = query.where('telco_id', '=', telcoId)
  if (imeis !== undefined) query = query.where('imei', 'in', tokenValues(imeis))
  if (since !== undefined) query = query.where('at', '>=', since)
  if (after !== undefined)
    query = query.where(({ eb, or, and }) =>
      or([eb('at', '<', after.at), and([eb('at', '=', after.at), eb('id', '>', after.id)])]),
    )
  const rows = await query.execute()
  return rows.map(({ telco_id: id, imei, ...row }) => ({ ...row, telcoId: id, imei: tokenBytes(imei) }))
}

/** Per telco, the hits since a moment, of these phones or of all. A telco without any is not there. */
export async function countHits(
  db: Kysely<Database>,
  since: Date,
  imeis?: readonly Uint8Array[],
): Promise<readonly HitCount[]> {
  let query = db
    .selectFrom('hit')
    .select(({ fn }) => ['telco_id', fn.countAll<string>().as('hits'), fn.max('at').as('last_at')])
    .where('at', '>=', since)
    .groupBy('telco_id')
  if (imeis !== undefined) query = query.where('imei', 'in', tokenValues(imeis))
  const rows = await query.execute()
  return rows.map((row) => ({ telcoId: row.telco_id, hits: Number(row.hits), lastAt: row.last_at }))
}
