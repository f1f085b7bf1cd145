import { type Kysely, sql, type Transaction } from 'kysely'
import { getListHead, listRanges, type StoredHead, type StoredRange } from './block-list.ts'
import type { Database, StoredSnapshotException } from './schema.ts'

/** A snapshot that edges can download. */
export interface StoredSnapshot extends StoredHead {
  /** SHA-256 of what stands before it at the snapshot's end. */
  readonly digest: Buffer
  readonly phones: number
  readonly exceptions: readonly StoredSnapshotException[]
  /** Length of the pieces: all but exceptions and digest. */
  readonly bytes: number
}

/** Snapshots kept: who is downloading one may finish while newer ones are made. */
const keptSnapshots = 3

/** Phones read at once; the API answers others between two reads. */
const pageRows = 5000

/** A listed phone on its way into a snapshot. */
export interface SnapshotRow {
  readonly imei: number
  readonly status: 'PROHIBITED' | 'TRACKING'
  readonly reason: StoredRange['reason'] | null
}

/** The list of one moment, to write a snapshot from. */
export interface SnapshotSource extends StoredHead {
  readonly phones: number
  readonly ranges: readonly StoredRange[]
  readonly exceptions: readonly StoredSnapshotException[]
  /** Every phone, ascending, some thousands at a time. */
  pages(): AsyncIterable<readonly SnapshotRow[]>
  /** Keeps a piece of it. */
  keep(at: number, content: Buffer): Promise<void>
}

/**
 * Makes a snapshot where the newest is due to be followed, one process at a time: `write` gets the list of one moment
 * and gives digest and length of what it kept.
 * @returns the sequence of the new snapshot; `undefined` where none was due or another process makes it
 */
export async function makeSnapshot(
  db: Kysely<Database>,
  due: { readonly changes: number; readonly before: Date; readonly now: Date },
  write: (source: SnapshotSource) => Promise<{ readonly digest: Buffer; readonly bytes: number }>,
): Promise<number | undefined> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const lock = await sql<{ isFree: boolean }>`
        SELECT pg_try_advisory_xact_lock(hashtextextended('list snapshot', 0)) AS "isFree"`.execute(tx)
      const head = await getListHead(tx)
      if (!lock.rows[0]?.isFree || !(await isDue(tx, head.seq, due))) return undefined
      const source = await openSource(tx, head)
      const { phones, exceptions } = source
      const made = { ...head, phones, exceptions: JSON.stringify(exceptions), made_at: due.now }
      await tx
        .insertInto('list_snapshot')
        .values({ ...made, ...(await write(source)) })
        .execute()
      const kept = sql`(SELECT seq FROM list_snapshot ORDER BY seq DESC LIMIT ${sql.lit(keptSnapshots)})`
      await sql`DELETE FROM list_snapshot WHERE seq NOT IN ${kept}`.execute(tx)
      await sql`DELETE FROM list_snapshot_piece WHERE seq NOT IN ${kept}`.execute(tx)
      return head.seq
    })
}

async function isDue(
  tx: Transaction<Database>,
  seq: number,
  { changes, before }: { readonly changes: number; readonly before: Date },
): Promise<boolean> {
  const newest = await tx
    .selectFrom('list_snapshot')
    .select(['seq', 'made_at'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  const since = seq - Number(newest?.seq ?? 0)
  return since >= changes || (newest !== undefined && since > 0 && newest.made_at < before)
}

async function openSource(tx: Transaction<Database>, head: StoredHead): Promise<SnapshotSource> {
  const counted = await sql<{ phones: string }>`SELECT count(*) AS phones FROM list_entry`.execute(tx)
  const phones = Number(counted.rows[0]?.phones ?? 0)
  const ranges = await listRanges(tx)
  const { rows: excepted } = await sql<{ imei: string; exceptions: StoredSnapshotException[] }>`
    SELECT lpad(imei::text, 14, '0') AS imei, exceptions FROM list_entry
    WHERE exceptions <> '[]' ORDER BY imei`.execute(tx)
  const exceptions = excepted.flatMap((row) => row.exceptions.map((sim) => ({ ...sim, imei: row.imei })))
  return {
    ...head,
    phones,
    ranges,
    exceptions,
    async *pages() {
      for (let last = '-1'; ; ) {
        const rows = await tx
          .selectFrom('list_entry')
          .select(['imei', 'status', 'reason'])
          .where('imei', '>', last)
          .orderBy('imei')
          .limit(pageRows)
          .execute()
        yield rows.map((row) => ({ ...row, imei: Number(row.imei) }))
        const end = rows.at(-1)
        if (!end || rows.length < pageRows) return
        last = end.imei
      }
    },
    async keep(at, content) {
      await tx.insertInto('list_snapshot_piece').values({ seq: head.seq, at, content }).execute()
    },
  }
}

/** The newest snapshot, or the one of a sequence; `undefined` where there is none. */
export async function findSnapshot(db: Kysely<Database>, seq?: number): Promise<StoredSnapshot | undefined> {
  let query = db.selectFrom('list_snapshot').selectAll().orderBy('seq', 'desc').limit(1)
  if (seq !== undefined) query = query.where('seq', '=', String(seq))
  const row = await query.executeTakeFirst()
  return (
    row && {
      seq: Number(row.seq),
      head: row.head,
      digest: row.digest,
      phones: Number(row.phones),
      exceptions: row.exceptions,
      bytes: Number(row.bytes),
    }
  )
}

/**
 * A piece of a snapshot from a place on: what is left of the stored one that holds it.
 * @returns `undefined` where there is none: the snapshot has gone meanwhile
 */
export async function readSnapshotPiece(
  db: Kysely<Database>,
  seq: number,
  from: number,
): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('list_snapshot_piece')
    .select(['at', 'content'])
    .where('seq', '=', String(seq))
    .where('at', '<=', String(from))
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.content.subarray(from - Number(row.at))
}
