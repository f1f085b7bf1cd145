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

/** Appends changes; the caller holds the head's lock and numbered them on from it. */
export async function appendListChanges(
  tx: Transaction<Database>,
  changes: readonly StoredChange[],
): Promise<void> {
  const last = changes.at(-1)
  if (!last) return
  await tx
    .insertInto('list_change')
    .values(
      changes.map((change) => ({
        seq: change.seq,
        status: change.status,
        reason: change.reason ?? null,
        at: change.at,
        head: change.head,
        ...('tacs' in change
          ? { ...tacColumns(change.tacs), exceptions: '[]' }
          : {
              imei: Number(change.imei),
              exceptions: JSON.stringify(change.exceptions),
              case_id: change.caseId,
            }),
      })),
    )
    .execute()
  for (const change of changes) {
    if ('tacs' in change) await setRange(tx, change)
    else await setEntry(tx, change)
  }
  await tx.updateTable('list_head').set({ seq: last.seq, head: last.head }).execute()
  await sql`SELECT pg_notify(${listChannel}, ${String(last.seq)})`.execute(tx)
}

async function setEntry(tx: Transaction<Database>, change: StoredPhoneChange): Promise<void> {
  const { seq, imei, status, reason = null } = change
  if (status === 'PERMITTED') {
    await tx
      .deleteFrom('list_entry')
      .where('imei', '=', String(Number(imei)))
      .execute()
    return
  }
  const entry = { status, exceptions: JSON.stringify(change.exceptions), seq, reason }
  await tx
    .insertInto('list_entry')
    .values({ imei: Number(imei), ...entry })
    .onConflict((conflict) => conflict.column('imei').doUpdateSet(entry))
    .execute()
}

async function setRange(tx: Transaction<Database>, change: StoredRangeChange): Promise<void> {
  const { seq, status, reason } = change
  const tacs = tacColumns(change.tacs)
  if (status === 'PERMITTED') {
    await tx.deleteFrom('list_range').where('tac_from', '=', tacs.tac_from).execute()
    return
  }
  await tx
    .insertInto('list_range')
    .values({ ...tacs, status, reason, seq })
    .onConflict((conflict) => conflict.column('tac_from').doUpdateSet({ status, reason, seq }))
    .execute()
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
export async function listRanges(
  db: Kysely<Database>,
): Promise<readonly (StoredRange & { readonly seq: number; readonly at: Date })[]> {
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

/** What the list holds of one IMEI, or `undefined` where it is permitted. */
export async function findListEntry(db: Kysely<Database>, imei: string): Promise<StoredEntry | undefined> {
  const row = await db
    .selectFrom('list_entry')
    .select(['status', 'exceptions', 'reason'])
    .where('imei', '=', String(Number(imei)))
    .executeTakeFirst()
  return (
    row && { imei, status: row.status, exceptions: row.exceptions, ...(row.reason && { reason: row.reason }) }
  )
}

/** The newest change that a case made, or `undefined` before the first. */
export async function findLastChangeOf(
  db: Kysely<Database>,
  caseId: string,
): Promise<{ seq: number; at: Date } | undefined> {
  const row = await db
    .selectFrom('list_change')
    .select(['seq', 'at'])
    .where('case_id', '=', caseId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { seq: Number(row.seq), at: row.at }
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
