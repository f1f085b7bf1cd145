import type { BlastRadius, Sighting } from '@pcbs/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import { tokenValue } from './token-values.ts'

/** Whose uses of which phones to look for. Tokens are second-layer. */
export interface SightingQuery {
  readonly imeis: readonly Uint8Array[]
  readonly claimant: { readonly telcoId: number; readonly subscription: Uint8Array }
  /** First day that counts towards the blast radius. */
  readonly lookBackFrom: string
}

/** What the pairings say of a set of IMEIs. */
export interface SightingFindings {
  /** Per IMEI, in the order asked: the newest use by the claimant and the newest at each telco. */
  readonly sightings: readonly (readonly Sighting[])[]
  readonly blastRadius: BlastRadius
}

/**
 * Who used these phones. Answered from aggregates, so that an IMEI on ten thousand phones costs one row per
 * telco. Naming every telco lets the pairings' primary key serve it.
 */
export async function findSightings(db: Kysely<Database>, query: SightingQuery): Promise<SightingFindings> {
  const { imeis, claimant, lookBackFrom } = query
  const isClaimants = sql`p.telco_id = ${claimant.telcoId} AND p.subscription = ${tokenValue(claimant.subscription)}`
  const found = await sql<{ at: string; telco_id: number; is_claimants: boolean; last_seen: string }>`
    SELECT i.at, p.telco_id, ${isClaimants} AS is_claimants, max(p.last_seen)::text AS last_seen
    FROM unnest(${imeis}::bytea[]) WITH ORDINALITY AS i(imei, at)
    JOIN pairing p ON p.telco_id IN (SELECT id FROM telco) AND p.imei = token(i.imei)
    GROUP BY 1, 2, 3`.execute(db)
  const radius = await sql<{ subscriptions: string; per_imei: string }>`
    WITH users AS (
      SELECT DISTINCT p.imei, p.telco_id, p.subscription
      FROM pairing p
      WHERE p.telco_id IN (SELECT id FROM telco) AND p.last_seen >= ${lookBackFrom}
        AND p.imei IN (SELECT token(bytes) FROM unnest(${imeis}::bytea[]) AS bytes)
    )
    SELECT (SELECT count(DISTINCT (telco_id, subscription)) FROM users) AS subscriptions,
      (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM users GROUP BY imei) AS per_imei) AS per_imei`.execute(
    db,
  )
  const sightings = imeis.map((_, index) =>
    found.rows
      .filter(({ at }) => Number(at) === index + 1)
      .map((row) => ({ telcoId: row.telco_id, isClaimants: row.is_claimants, lastSeen: row.last_seen })),
  )
  const [counts] = radius.rows
  return {
    sightings,
    blastRadius: {
      subscriptions: Number(counts?.subscriptions ?? 0),
      subscriptionsPerImei: Number(counts?.per_imei ?? 0),
    },
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
