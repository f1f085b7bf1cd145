import { dayAt, listedStates, type TimeZone } from '@pcbs/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import { tokenBytes } from './token-values.ts'

/** What an edge said it enforces. */
export interface Acknowledgement {
  readonly telcoId: number
  readonly edge: string
  readonly seq: number
  readonly at: Date
}

/** When an edge first enforced a sequence; `at` is absent while it does not. */
export interface EdgeProof {
  readonly telcoId: number
  readonly edge: string
  readonly at: Date | undefined
}

/** Records an acknowledgement. An edge's sequence never goes back; saying the same again changes nothing. */
export async function recordAcknowledgement(
  db: Kysely<Database>,
  { telcoId, edge, seq, at }: Acknowledgement,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('edge_acknowledgement')
      .values({ telco_id: telcoId, name: edge, seq, at })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await tx
      .insertInto('edge')
      .values({ telco_id: telcoId, name: edge, seq, acknowledged_at: at })
      .onConflict((conflict) =>
        conflict
          .columns(['telco_id', 'name'])
          .doUpdateSet({ seq: sql`greatest(edge.seq, excluded.seq)`, acknowledged_at: at }),
      )
      .execute()
  })
}

/** For every edge heard of since a moment: when it first enforced the sequence. */
export async function listEdgeProofs(
  db: Kysely<Database>,
  seq: number,
  heardSince: Date,
): Promise<readonly EdgeProof[]> {
  const { rows } = await sql<{ telco_id: number; name: string; at: Date | null }>`
    SELECT e.telco_id, e.name, first.at
    FROM edge e
    LEFT JOIN LATERAL (
      SELECT min(a.at) AS at FROM edge_acknowledgement a
      WHERE a.telco_id = e.telco_id AND a.name = e.name AND a.seq >= ${seq}
    ) first ON true
    WHERE e.acknowledged_at >= ${heardSince}
    ORDER BY e.telco_id, e.name`.execute(db)
  return rows.map((row) => ({ telcoId: row.telco_id, edge: row.name, at: row.at ?? undefined }))
}

/** Since when a phone stands where it does, on the list or off it. */
export interface StoredPlace {
  readonly isListed: boolean
  /** `undefined` where the list never named the phone. */
  readonly since: { readonly seq: number; readonly at: Date } | undefined
}

/**
 * Where phones stand on the list as blocked ones, and the first of the changes since which that did not change.
 * @param imeis 14 digits each
 */
export async function listPlaces(
  db: Kysely<Database>,
  imeis: readonly string[],
): Promise<readonly StoredPlace[]> {
  const { rows } = await sql<{ is_listed: boolean; seq: string | null; at: Date | null }>`
    SELECT now.is_listed, since.seq, since.at
    FROM unnest(${imeis.map(Number)}::bigint[]) AS asked(imei)
    CROSS JOIN LATERAL (
      SELECT EXISTS (SELECT 1 FROM list_entry e WHERE e.imei = asked.imei AND e.status = 'PROHIBITED') AS is_listed
    ) AS now
    LEFT JOIN LATERAL (
      SELECT c.seq, c.at FROM list_change c
      WHERE c.imei = asked.imei AND c.seq > coalesce((
        SELECT max(o.seq) FROM list_change o
        WHERE o.imei = asked.imei AND (o.status = 'PROHIBITED') <> now.is_listed), 0)
      ORDER BY c.seq LIMIT 1
    ) AS since ON true`.execute(db)
  return rows.map(({ is_listed: isListed, seq, at }) => ({
    isListed,
    since: seq === null || at === null ? undefined : { seq: Number(seq), at },
  }))
}

/** What an edge said last. */
export interface EdgeState {
  readonly telcoId: number
  readonly edge: string
  readonly seq: number
  readonly heardAt: Date
}

/** Every edge that was heard of since a moment. */
export async function listEdges(db: Kysely<Database>, heardSince: Date): Promise<readonly EdgeState[]> {
  const rows = await db
    .selectFrom('edge')
    .selectAll()
    .where('acknowledged_at', '>=', heardSince)
    .orderBy('telco_id')
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    telcoId: row.telco_id,
    edge: row.name,
    seq: Number(row.seq),
    heardAt: row.acknowledged_at,
  }))
}

/** A blocked phone that a telco's pairings show in use on a day after it was blocked. */
export interface Lapse {
  readonly caseId: string
  readonly telcoId: number
  readonly imei: Buffer
  readonly blockedAt: Date
  /** ISO day. */
  readonly lastSeen: string
}

/** Which lapses: of a telco's network, of one case; and behind which case, in order of their blocks. */
export interface LapsePage {
  readonly telcoId: number | undefined
  readonly caseId: string | undefined
  readonly after: { readonly blockedAt: Date; readonly id: string } | undefined
  /** How many cases are looked through. */
  readonly cases: number
  /** Whose day a block was made on. */
  readonly timeZone: TimeZone
}

/**
 * Looks through blocked cases for phones still in use. A day is as fine as pairings are: use on the day of the block
 * may have been before it. SIMs that any case lets through on the phone are allowed to, and those that one let through once
 * are allowed what they did until that case last changed.
 * @returns the lapses, and the last case looked at; `undefined` when there are no more
 */
export async function findLapses(
  db: Kysely<Database>,
  { telcoId, caseId, after, cases, timeZone }: LapsePage,
): Promise<{ readonly lapses: readonly Lapse[]; readonly last: LapsePage['after'] }> {
  const found = await db
    .selectFrom('block_case')
    .select(['id', 'blocked_at'])
    .where('state', 'in', [...listedStates])
    .where('blocked_at', 'is not', null)
    .$if(caseId !== undefined, (query) => query.where('id', '=', caseId ?? ''))
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(blocked_at, id) > (${after?.blockedAt}, ${after?.id}::uuid)`),
    )
    .orderBy('blocked_at')
    .orderBy('id')
    .limit(cases)
    .execute()
  const end = found.at(-1)
  if (!end) return { lapses: [], last: undefined }
  const days = found.map(({ blocked_at: at }) => (at ? dayAt(at.getTime(), timeZone) : null))
  const { rows } = await sql<{
    id: string
    telco_id: number
    imei: string
    blocked_at: Date
    last_seen: string
  }>`
    SELECT c.id, p.telco_id, i.imei, c.blocked_at, max(p.last_seen) AS last_seen
    FROM unnest(${found.map(({ id }) => id)}::uuid[], ${days}::date[]) AS blocked(id, day)
    JOIN block_case c ON c.id = blocked.id
    JOIN case_imei i ON i.case_id = c.id
    JOIN pairing p ON p.telco_id IN (SELECT id FROM telco) AND p.imei = i.imei
    WHERE p.last_seen > blocked.day
      AND (${telcoId ?? null}::int IS NULL OR p.telco_id = ${telcoId ?? null}::int)
      AND NOT EXISTS (
        SELECT 1 FROM case_imei held JOIN block_case holding ON holding.id = held.case_id
        JOIN case_exception e ON e.case_id = holding.id
        WHERE held.imei = i.imei AND holding.state = ANY (${[...listedStates]}::text[])
          AND e.telco_id = p.telco_id AND e.imsi = p.imsi)
      AND NOT EXISTS (
        SELECT 1 FROM case_imei held JOIN case_event past ON past.case_id = held.case_id
        JOIN block_case through ON through.id = held.case_id
        WHERE held.imei = i.imei
          AND past.exceptions @> jsonb_build_array(jsonb_build_object('telcoId', p.telco_id, 'imsi', replace(p.imsi::text, '-', '')))
          AND p.last_seen <= (through.updated_at AT TIME ZONE ${timeZone})::date)
    GROUP BY 1, 2, 3, 4
    ORDER BY c.blocked_at, c.id, p.telco_id`.execute(db)
  return {
    lapses: rows.map((row) => ({
      caseId: row.id,
      telcoId: row.telco_id,
      imei: tokenBytes(row.imei),
      blockedAt: row.blocked_at,
      lastSeen: row.last_seen,
    })),
    last:
      found.length === cases && end.blocked_at !== null
        ? { blockedAt: end.blocked_at, id: end.id }
        : undefined,
  }
}
