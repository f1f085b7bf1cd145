import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from '../schema.ts'

/** Two things in the database that must say the same, as a query of what does not. */
export interface Agreement {
  readonly name: string
  /** A row for each disagreement; its first column says what about, and holds no token and no IMEI. */
  readonly disagreements: RawBuilder<{ readonly about: string }>
}

/** The nation's zone by its IANA name, and its day. */
export interface Calendar {
  readonly timeZone: string
  /** ISO day. */
  readonly today: string
}

/**
 * What one query can hold against another. Of budgets it is today's that count: days that are over may have been counted in
 * another zone.
 */
export function agreements({ timeZone, today }: Calendar): readonly Agreement[] {
  return [
    {
      name: 'the list and the last change of each phone',
      disagreements: sql`
        SELECT 'sequence ' || coalesce(entry.seq, change.seq) AS about
        FROM (SELECT DISTINCT ON (imei) * FROM list_change WHERE imei IS NOT NULL ORDER BY imei, seq DESC) AS change
        FULL JOIN list_entry entry ON entry.imei = change.imei
        WHERE CASE WHEN entry.imei IS NULL THEN change.status <> 'PERMITTED'
          ELSE (entry.status, entry.seq, entry.reason, entry.exceptions)
            IS DISTINCT FROM (change.status, change.seq, change.reason, change.exceptions) END`,
    },
    {
      name: 'the listed ranges and the last change of each range',
      disagreements: sql`
        SELECT 'sequence ' || coalesce(listed.seq, change.seq) AS about
        FROM (SELECT DISTINCT ON (tac_from) * FROM list_change WHERE tac_from IS NOT NULL ORDER BY tac_from, seq DESC) AS change
        FULL JOIN list_range listed ON listed.tac_from = change.tac_from
        WHERE CASE WHEN listed.tac_from IS NULL THEN change.status <> 'PERMITTED'
          ELSE (listed.tac_to, listed.status, listed.seq, listed.reason)
            IS DISTINCT FROM (change.tac_to, change.status, change.seq, change.reason) END`,
    },
    {
      name: 'changes of ranges and what two officers approved',
      disagreements: sql`
        SELECT 'sequence ' || coalesce(change.seq, approved.seq) AS about
        FROM (SELECT * FROM list_change WHERE tac_from IS NOT NULL) AS change
        FULL JOIN (SELECT * FROM tac_range WHERE seq IS NOT NULL) AS approved ON approved.seq = change.seq
        WHERE (change.tac_from, change.tac_to, change.status, change.reason)
          IS DISTINCT FROM (approved.tac_from, approved.tac_to, approved.status, approved.reason)`,
    },
    {
      name: 'budgets of blocks and what was blocked',
      disagreements: sql`
        SELECT 'telco ' || coalesce(budget.telco_id, blocked.telco_id) AS about
        FROM (SELECT * FROM daily_budget WHERE purpose = 'block' AND used > 0 AND day = ${today}) AS budget
        FULL JOIN (
          SELECT c.telco_id, (c.blocked_at AT TIME ZONE ${timeZone})::date AS day, count(*) AS phones
          FROM block_case c JOIN case_imei i ON i.case_id = c.id WHERE (c.blocked_at AT TIME ZONE ${timeZone})::date = ${today}
          GROUP BY 1, 2
        ) AS blocked ON (blocked.telco_id, blocked.day) = (budget.telco_id, budget.day)
        WHERE budget.used IS DISTINCT FROM blocked.phones`,
    },
    {
      name: 'budgets of look-ups and what was looked up',
      disagreements: sql`
        SELECT 'telco ' || coalesce(budget.telco_id, done.telco_id) AS about
        FROM (SELECT * FROM daily_budget WHERE purpose = 'phone-lookup' AND used > 0 AND day = ${today}) AS budget
        FULL JOIN (
          SELECT telco_id, (at AT TIME ZONE ${timeZone})::date AS day, count(*) AS lookups FROM phone_lookup
          WHERE (at AT TIME ZONE ${timeZone})::date = ${today} GROUP BY 1, 2
        ) AS done ON (done.telco_id, done.day) = (budget.telco_id, budget.day)
        WHERE budget.used IS DISTINCT FROM done.lookups`,
    },
    {
      name: 'feeds and their parts',
      disagreements: sql`
        SELECT 'feed ' || kind || ' ' || number || ' of telco ' || telco_id AS about FROM feed
        CROSS JOIN LATERAL (
          SELECT coalesce(sum((part ->> 'rowsIn')::bigint), 0) AS rows_in,
            coalesce(sum((part ->> 'accepted')::bigint), 0) AS accepted,
            coalesce(sum((part ->> 'rejected')::bigint), 0) AS rejected
          FROM jsonb_array_elements(feed.parts) AS part
        ) AS summed
        WHERE state <> 'open' AND (feed.rows_in <> feed.accepted + feed.rejected
          OR (feed.rows_in, feed.accepted, feed.rejected) <> (summed.rows_in, summed.accepted, summed.rejected))`,
    },
    {
      name: 'edges and what they acknowledged',
      disagreements: sql`
        SELECT 'edge ' || edge.name || ' of telco ' || edge.telco_id AS about FROM edge
        LEFT JOIN (
          SELECT telco_id, name, max(seq) AS seq FROM edge_acknowledgement GROUP BY 1, 2
        ) AS acknowledged USING (telco_id, name)
        WHERE edge.seq IS DISTINCT FROM acknowledged.seq OR edge.seq > (SELECT seq FROM list_head)`,
    },
    {
      name: 'changes of the list and the transparency log',
      disagreements: sql`
        SELECT 'sequence ' || coalesce(change.seq, told.seq) AS about
        FROM list_change change
        FULL JOIN (
          SELECT substring(content FROM E'\nsequence #([0-9]+)\n')::bigint AS seq,
            upper(substring(content FROM E'\nstatus ([a-z]+)\n')) AS status,
            substring(content FROM E'\ncase ([0-9a-f-]{36})\n')::uuid AS case_id
          FROM (SELECT content FROM log_entry UNION ALL SELECT content FROM log_pending) AS entries
          WHERE content LIKE E'pcbs-log-entry-v1\ntype list-change\n%'
            OR content LIKE E'pcbs-log-entry-v1\ntype range-approved\n%'
        ) AS told ON told.seq = change.seq
        WHERE (change.status, change.case_id) IS DISTINCT FROM (told.status, told.case_id)
          OR change.seq IS NULL OR told.seq IS NULL`,
    },
  ]
}

/** What does not agree, as far as a person would read. */
export async function findDisagreements(
  db: Kysely<Database>,
  { disagreements }: Agreement,
  most: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ about: string }>`
    SELECT about FROM (${disagreements}) AS found LIMIT ${most}`.execute(db)
  return rows.map(({ about }) => about)
}
