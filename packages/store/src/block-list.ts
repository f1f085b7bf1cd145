import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database, StoredException } from './schema.ts'

/** The channel on which every change of the list is announced once it is visible. */
export const listChannel = 'block_list'

/** A change as stored. */
export interface StoredChange {
  readonly seq: number
  /** 14 digits. */
  readonly imei: string
  readonly status: 'PERMITTED' | 'PROHIBITED' | 'TRACKING'
  readonly exceptions: readonly StoredException[]
  readonly at: Date
  readonly caseId: string
  /** The list's head after this change, 32 bytes. */
  readonly head: Buffer
}

/** What the list holds of one IMEI. */
export interface StoredEntry {
  readonly imei: string
  readonly status: 'PROHIBITED' | 'TRACKING'
  readonly exceptions: readonly StoredException[]
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
      changes.map(({ seq, imei, status, exceptions, at, caseId, head }) => ({
        seq,
        imei: Number(imei),
        status,
        exceptions: JSON.stringify(exceptions),
        at,
        case_id: caseId,
        head,
      })),
    )
    .execute()
  for (const { seq, imei, status, exceptions } of changes) {
    if (status === 'PERMITTED') {
      await tx
        .deleteFrom('list_entry')
        .where('imei', '=', String(Number(imei)))
        .execute()
      continue
    }
    const entry = { status, exceptions: JSON.stringify(exceptions), seq }
    await tx
      .insertInto('list_entry')
      .values({ imei: Number(imei), ...entry })
      .onConflict((conflict) => conflict.column('imei').doUpdateSet(entry))
      .execute()
  }
  await tx.updateTable('list_head').set({ seq: last.seq, head: last.head }).execute()
  await sql`SELECT pg_notify(${listChannel}, ${String(last.seq)})`.execute(tx)
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
  return rows.map((row) => ({
    seq: Number(row.seq),
    imei: toImei(row.imei),
    status: row.status,
    exceptions: row.exceptions,
    at: row.at,
    caseId: row.case_id,
    head: row.head,
  }))
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

/** The list as it stands and its head, of one moment. */
export async function readListSnapshot(
  db: Kysely<Database>,
): Promise<StoredHead & { entries: readonly StoredEntry[] }> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const head = await getListHead(tx)
      const rows = await tx
        .selectFrom('list_entry')
        .select(['imei', 'status', 'exceptions'])
        .orderBy('imei')
        .execute()
      return { ...head, entries: rows.map((row) => ({ ...row, imei: toImei(row.imei) })) }
    })
}

/** What the list holds of one IMEI, or `undefined` where it is permitted. */
export async function findListEntry(db: Kysely<Database>, imei: string): Promise<StoredEntry | undefined> {
  const row = await db
    .selectFrom('list_entry')
    .select(['status', 'exceptions'])
    .where('imei', '=', String(Number(imei)))
    .executeTakeFirst()
  return row && { ...row, imei }
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

function toImei(stored: string): string {
  return stored.padStart(14, '0')
}
