import type { BlastRadius, Sighting } from '@pcbs/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import { tokenBytes, tokenValue } from './token-values.ts'

/** Whose uses of which phones to look for. Tokens are second-layer. */
export interface SightingQuery {
  readonly imeis: readonly Uint8Array[]
  readonly claimant: { readonly telcoId: number; readonly subscription: Uint8Array }
  /** First day that counts towards the blast radius. */
  readonly lookBackFrom: string
}

/** What the feeds say of a set of IMEIs and of a claimant. */
export interface SightingFindings {
  /** Per IMEI, in the order asked: the newest use by the claimant, and by anybody else at each telco. */
  readonly sightings: readonly (readonly Sighting[])[]
  readonly blastRadius: BlastRadius
  /** The owner tag on file for the claimant's subscription, or `undefined` where the telco never fed it. */
  readonly ownerTag: number | undefined
}

interface SightingRow {
  readonly imei: string
  readonly telco_id: number
  readonly is_claimants: boolean
  readonly last_seen: string
}

/**
 * Who used these phones, and who owns the claimant's subscription: one statement, so that all of it is of one moment, and a
 * decision is as if made before a feed or after it. An IMEI on ten thousand phones costs one row per telco. Naming every
 * telco lets the pairings' primary key serve it.
 */
export async function findSightings(db: Kysely<Database>, query: SightingQuery): Promise<SightingFindings> {
  const { imeis, claimant, lookBackFrom } = query
  const subscription = tokenValue(claimant.subscription)
  const { rows } = await sql<{
    sightings: readonly SightingRow[]
    subscriptions: string
    per_imei: string
    owner_tag: number | null
  }>`
    WITH used AS MATERIALIZED (
      SELECT p.imei, p.telco_id, p.subscription, p.last_seen FROM pairing p
      WHERE p.telco_id IN (SELECT id FROM telco)
        AND p.imei = ANY (ARRAY(SELECT token(bytes) FROM unnest(${imeis}::bytea[]) AS bytes))
    ), newest AS (
      SELECT imei, telco_id, telco_id = ${claimant.telcoId} AND subscription = ${subscription} AS is_claimants,
        max(last_seen) AS last_seen
      FROM used GROUP BY 1, 2, 3
    ), recent AS (
      SELECT DISTINCT imei, telco_id, subscription FROM used WHERE last_seen >= ${lookBackFrom}
    )
    SELECT
      (SELECT coalesce(json_agg(newest), '[]') FROM newest) AS sightings,
      (SELECT count(DISTINCT (telco_id, subscription)) FROM recent) AS subscriptions,
      (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM recent GROUP BY imei) AS counted) AS per_imei,
      (SELECT owner_tag FROM subscriber
        WHERE telco_id = ${claimant.telcoId} AND subscription = ${subscription}) AS owner_tag`.execute(db)
  const [found] = rows
  if (!found) throw new Error('a query of aggregates gave no row')
  return {
    sightings: imeis.map((imei) =>
      found.sightings
        .filter((row) => tokenBytes(row.imei).equals(imei))
        .map((row) => ({ telcoId: row.telco_id, isClaimants: row.is_claimants, lastSeen: row.last_seen })),
    ),
    blastRadius: {
      subscriptions: Number(found.subscriptions),
      subscriptionsPerImei: Number(found.per_imei),
    },
    ownerTag: found.owner_tag ?? undefined,
  }
}

/** The owner tag on file for a subscription, or `undefined` where the telco never fed it. */
export async function findOwnerTag(
  db: Kysely<Database>,
  telcoId: number,
  subscription: Uint8Array,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('subscriber')
    .select('owner_tag')
    .where('telco_id', '=', telcoId)
    .where('subscription', '=', tokenValue(subscription))
    .executeTakeFirst()
  return row?.owner_tag
}
