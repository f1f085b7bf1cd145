import type { BlockReason } from '@pcbs/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database, StoredException } from './schema.ts'

/** The channel on which every change of the list is announced once it is visible. */
export const listChannel = 'block_list'

/** What a change says and where it stands. */
interface ChangeFrame {
  readonly seq: number
  readonly status: 'PERMITTED' | 'PROHIBITED' | 'TRACKING'
  /** Absent on what was listed before reasons travelled with the list. */
  readonly reason?: BlockReason
  readonly at: Date
  /** The list's head after this change, 32 bytes. */
  readonly head: Buffer
}

/** A change of one phone as stored, made by a case. */
export interface StoredPhoneChange extends ChangeFrame {
  /** 14 digits. */
  readonly imei: string
  readonly exceptions: readonly StoredException[]
  readonly caseId: string
}

/** A change of a range of models as stored. */
export interface StoredRangeChange extends ChangeFrame {
  readonly tacs: StoredTacs
  readonly reason: BlockReason
}

/** First and last model of a range, 8 digits each. */
export interface StoredTacs {
  readonly from: string
  readonly to: string
}

/** A change as stored. */
export type StoredChange = StoredPhoneChange | StoredRangeChange

/** What the list holds of one IMEI. */
export interface StoredEntry {
  readonly imei: string
  readonly status: 'PROHIBITED' | 'TRACKING'
  readonly reason?: BlockReason
  readonly exceptions: readonly StoredException[]
}

/** What the list holds of a range of models. */
export interface StoredRange {
  readonly tacs: StoredTacs
  readonly status: 'PROHIBITED' | 'TRACKING'
  readonly reason: BlockReason
}

/** The newest sequence and the head that fixes everything up to it. */
export interface StoredHead {
  readonly seq: number
  readonly head: Buffer
}

/** The list's head. */
export async function getListHead(db: Kysely<Database>): Promise<StoredHead> {
  const row = await db.selectFrom('list_head').select(['seq', 'head']).executeTakeFirstOrThrow()
  return { seq: Number(row.seq), head: row.head }
}

/** The list's head, locked: whoever holds it writes the next changes. */
export async function lockListHead(tx: Transaction<Database>): Promise<StoredHead> {
  const row = await tx.selectFrom('list_head').select(['seq', 'head']).forUpdate().executeTakeFirstOrThrow()
  return { seq: Number(row.seq), head: row.head }
}

/**
 * Appends changes, each of another phone or range; the caller holds the head's lock and numbered them on from it. One
 * statement, since whoever changes the list next waits for it.
 * @param logged what the transparency log is told of them, in their order
 */
export async function appendListChanges(
  tx: Transaction<Database>,
  changes: readonly StoredChange[],
  logged: readonly string[],
): Promise<void> {
  const last = changes.at(-1)
  if (!last) return
  const rows = changes.map((change) => ({
    seq: change.seq,
    status: change.status,
    reason: change.reason ?? null,
    at: change.at.toISOString(),
    head: change.head.toString('hex'),
    ...('tacs' in change
      ? { ...tacColumns(change.tacs), exceptions: [] }
      : { imei: Number(change.imei), exceptions: change.exceptions, case_id: change.caseId }),
  }))
  await sql`
    WITH appended AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(seq bigint, imei bigint, status text,
        exceptions jsonb, at timestamptz, case_id uuid, head text, reason text, tac_from integer, tac_to integer)
    ), written AS (
      INSERT INTO list_change (seq, imei, status, exceptions, at, case_id, head, reason, tac_from, tac_to)
      SELECT seq, imei, status, exceptions, at, case_id, decode(head, 'hex'), reason, tac_from, tac_to FROM appended
    ), listed AS (
      INSERT INTO list_entry (imei, status, exceptions, seq, reason)
      SELECT imei, status, exceptions, seq, reason FROM appended WHERE imei IS NOT NULL AND status <> 'PERMITTED'
      ON CONFLICT (imei) DO UPDATE
        SET (status, exceptions, seq, reason) = (excluded.status, excluded.exceptions, excluded.seq, excluded.reason)
    ), permitted AS (
      DELETE FROM list_entry USING appended WHERE list_entry.imei = appended.imei AND appended.status = 'PERMITTED'
    ), listed_ranges AS (
      INSERT INTO list_range (tac_from, tac_to, status, reason, seq)
      SELECT tac_from, tac_to, status, reason, seq FROM appended WHERE tac_from IS NOT NULL AND status <> 'PERMITTED'
      ON CONFLICT (tac_from) DO UPDATE SET (status, reason, seq) = (excluded.status, excluded.reason, excluded.seq)
    ), permitted_ranges AS (
      DELETE FROM list_range USING appended
      WHERE list_range.tac_from = appended.tac_from AND appended.status = 'PERMITTED'
    ), told AS (
      INSERT INTO log_pending (content) SELECT content FROM unnest(${logged}::text[]) WITH ORDINALITY
        AS line(content, place) ORDER BY place
    ), moved AS (
      UPDATE list_head SET seq = ${last.seq}, head = ${last.head}
    )
    SELECT pg_notify(${listChannel}, ${String(last.seq)})`.execute(tx)
}

/** Changes after a sequence, in order. */
export async function listChangesAfter(
  db: Kysely<Database>,
  after: number,
  limit: number,
): Promise<readonly StoredChange[]> {
  const rows = await db
    .selectFrom('list_change')
    .selectAll()
    .where('seq', '>', String(after))
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map((row) => {
    const { status, at, head, imei, case_id: caseId, reason, tac_from: from, tac_to: to } = row
    const frame = { seq: Number(row.seq), status, at, head }
    // The table's check leaves but these two.
    if (from !== null && to !== null && reason !== null)
      return { ...frame, reason, tacs: { from: toTac(from), to: toTac(to) } }
    if (imei === null || caseId === null) throw new Error('a change is about nothing')
    const why = reason === null ? {} : { reason }
    return { ...frame, ...why, imei: toImei(imei), exceptions: row.exceptions, caseId }
  })
}

/** The head after a sequence, or `undefined` where there is no such sequence. */
export async function findHeadAt(db: Kysely<Database>, seq: number): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('list_change')
    .select('head')
    .where('seq', '=', String(seq))
    .executeTakeFirst()
  return row?.head
}

/** A listed phone with when and by which change it came on the list. */
export interface DatedEntry extends StoredEntry {
  readonly seq: number
  readonly at: Date
}

/** A page of the list as it stands, by IMEI, behind one. */
export async function listEntriesAfter(
  db: Kysely<Database>,
  afterImei: string | undefined,
  limit: number,
): Promise<readonly DatedEntry[]> {
  const rows = await db
    .selectFrom('list_entry as entry')
    .innerJoin('list_change as change', 'change.seq', 'entry.seq')
    .select(['entry.imei', 'entry.status', 'entry.reason', 'entry.exceptions', 'entry.seq', 'change.at'])
    .where('entry.imei', '>', String(Number(afterImei ?? -1)))
    .orderBy('entry.imei')
    .limit(limit)
    .execute()
  return rows.map(({ imei, status, reason, exceptions, seq, at }) => ({
    imei: toImei(imei),
    status,
    ...(reason !== null && { reason }),
    exceptions,
    seq: Number(seq),
    at,
  }))
}

/** The ranges of models as they stand, ascending. */
export async function listRanges(db: Kysely<Database>): Promise<readonly DatedRange[]> {
  const rows = await db
    .selectFrom('list_range as range')
    .innerJoin('list_change as change', 'change.seq', 'range.seq')
    .select(['range.tac_from', 'range.tac_to', 'range.status', 'range.reason', 'range.seq', 'change.at'])
    .orderBy('range.tac_from')
    .execute()
  return rows.map((row) => ({
    tacs: { from: toTac(row.tac_from), to: toTac(row.tac_to) },
    status: row.status,
    reason: row.reason,
    seq: Number(row.seq),
    at: row.at,
  }))
}

/** A range on the list, with its change. */
export interface DatedRange extends StoredRange {
  readonly seq: number
  readonly at: Date
}

/** What the list holds of one phone: of its IMEI, and of its model. */
export interface PhoneFindings {
  readonly exact: StoredEntry['status'] | undefined
  readonly range: DatedRange | undefined
}

/**
 * What the list holds of one phone, in one statement, so that a phone on the list and one that is not take the same way.
 * @param imei 14 digits
 */
export async function findOnList(db: Kysely<Database>, imei: string): Promise<PhoneFindings> {
  const tac = Number(imei.slice(0, 8))
  // Ranges do not overlap: of those that begin at or before a model, only the last can hold it.
  const { rows } = await sql<{
    exact: StoredEntry['status'] | null
    tac_from: number | null
    tac_to: number
    status: StoredRange['status']
    reason: BlockReason
    seq: string
    at: Date
  }>`
    SELECT (SELECT status FROM list_entry WHERE imei = ${Number(imei)}) AS exact, range.*
    FROM (SELECT 1) AS always
    LEFT JOIN (
      SELECT r.tac_from, r.tac_to, r.status, r.reason, r.seq, c.at
      FROM (SELECT * FROM list_range WHERE tac_from <= ${tac} ORDER BY tac_from DESC LIMIT 1) AS r
      JOIN list_change c ON c.seq = r.seq WHERE r.tac_to >= ${tac}
    ) AS range ON true`.execute(db)
  const [row] = rows
  if (!row) throw new Error('a query of one row gave none')
  const { exact, tac_from: from, tac_to: to, status, reason, seq, at } = row
  return {
    exact: exact ?? undefined,
    range:
      from === null
        ? undefined
        : { tacs: { from: toTac(from), to: toTac(to) }, status, reason, seq: Number(seq), at },
  }
}

/** An IMEI of its column. */
export function toImei(stored: string): string {
  return stored.padStart(14, '0')
}

/** A TAC of its column. */
export function toTac(stored: number): string {
  return String(stored).padStart(8, '0')
}

/** A range as its columns. */
export function tacColumns({ from, to }: StoredTacs): { tac_from: number; tac_to: number } {
  return { tac_from: Number(from), tac_to: Number(to) }
}
