import { type CaseState, type LetThrough, listedStates } from '@pcbs/core'
import { type Kysely, sql } from 'kysely'
import { type StoredEntry, toImei } from '../block-list.ts'
import { exceptionsOfCase } from '../case-holds.ts'
import type { Database } from '../schema.ts'

const pageRows = 1000

/** A case with its history, as they are stored. */
export interface CaseWithHistory {
  readonly id: string
  readonly state: CaseState
  readonly exceptions: readonly LetThrough[]
  readonly isBlockDated: boolean
  readonly history: readonly {
    readonly event: string
    readonly from: string
    readonly to: string
    readonly actor: string
    readonly exceptions?: readonly LetThrough[] | undefined
  }[]
}

/** Every case with its history, some at a time. */
export async function* pageCases(db: Kysely<Database>): AsyncIterable<readonly CaseWithHistory[]> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const { rows } = await sql<CaseWithHistory>`
      SELECT id, state, blocked_at IS NOT NULL AS "isBlockDated", ${exceptionsOfCase} AS exceptions, (
        SELECT coalesce(jsonb_agg(jsonb_build_object('event', e.event, 'from', e.from_state, 'to', e.to_state,
          'actor', e.actor) || CASE WHEN e.exceptions IS NULL THEN '{}' ELSE jsonb_build_object('exceptions', e.exceptions) END
          ORDER BY e.number), '[]')
        FROM case_event e WHERE e.case_id = block_case.id) AS history
      FROM block_case WHERE id > ${after}::uuid ORDER BY id LIMIT ${sql.lit(pageRows)}`.execute(db)
    const last = rows.at(-1)
    if (!last) return
    yield rows
    after = last.id
  }
}

/** Every entry of the list, some at a time, by IMEI. */
export async function* pageEntries(db: Kysely<Database>): AsyncIterable<readonly StoredEntry[]> {
  for (let after = '-1'; ; ) {
    const rows = await db
      .selectFrom('list_entry')
      .select(['imei', 'status', 'exceptions', 'reason'])
      .where('imei', '>', after)
      .orderBy('imei')
      .limit(pageRows)
      .execute()
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(({ imei, status, exceptions, reason }) => ({
      imei: toImei(imei),
      status,
      exceptions,
      ...(reason !== null && { reason }),
    }))
    after = last.imei
  }
}

/** How many phones cases hold on the list. */
export async function countHeldPhones(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    SELECT count(DISTINCT i.imei) FROM case_imei i JOIN block_case c ON c.id = i.case_id
    WHERE c.state = ANY (${[...listedStates]}::text[])`.execute(db)
  return Number(rows[0]?.count)
}

/** What the log tells, ordered or not yet, of these cases. */
export async function listTold(
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<readonly { readonly subject: string; readonly content: string }[]> {
  const { rows } = await sql<{ subject: string; content: string }>`
    SELECT log_entry_subject(content) AS subject, content FROM (
      SELECT 0 AS queue, index AS place, content FROM log_entry WHERE log_entry_subject(content) = ANY (${ids}::text[])
      UNION ALL SELECT 1, id, content FROM log_pending WHERE log_entry_subject(content) = ANY (${ids}::text[])
    ) AS told ORDER BY queue, place`.execute(db)
  return rows
}
