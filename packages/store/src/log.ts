import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

/** A checkpoint that the custodian signed. */
export interface StoredCheckpoint {
  readonly size: number
  readonly root: Buffer
  /** The signed note. */
  readonly note: string
  readonly signedAt: Date
}

/** An entry of the log. */
export interface StoredLogEntry {
  readonly index: number
  readonly content: string
}

/** Writes an entry down, to be put into the log's order once the transaction is over. */
export async function queueLogEntry(db: Kysely<Database>, content: string): Promise<void> {
  await db.insertInto('log_pending').values({ content }).execute()
}

/** Locks the log's order: one process at a time appends. Gives the log's size. */
export async function lockLog(tx: Transaction<Database>): Promise<number> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('transparency log', 0))`.execute(tx)
  return getLogSize(tx)
}

/** Entries in the log. */
export async function getLogSize(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('log_entry')
    .select((log) => log.fn.max('index').as('last'))
    .executeTakeFirst()
  return row?.last === null || row?.last === undefined ? 0 : Number(row.last) + 1
}

/** Takes entries that wait, oldest first; the caller appends them in the same transaction. */
export async function takePendingEntries(
  tx: Transaction<Database>,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string; content: string }>`
    DELETE FROM log_pending WHERE id IN (SELECT id FROM log_pending ORDER BY id LIMIT ${limit}) RETURNING id, content`.execute(
    tx,
  )
  return rows.toSorted((a, b) => Number(a.id) - Number(b.id)).map(({ content }) => content)
}

/** Appends entries; the caller holds the log's lock and knows its size. */
export async function insertLogEntries(
  tx: Transaction<Database>,
  size: number,
  contents: readonly string[],
): Promise<void> {
  await sql`
    INSERT INTO log_entry (index, content)
    SELECT ${size}::bigint + place - 1, content
    FROM unnest(${contents}::text[]) WITH ORDINALITY AS added(content, place)`.execute(tx)
}

/** The hashes of one tile, 32 bytes each; empty where there is none. */
export async function readLogTile(db: Kysely<Database>, level: number, index: number): Promise<Buffer> {
  const row = await db
    .selectFrom('log_tile')
    .select('hashes')
    .where('level', '=', level)
    .where('index', '=', String(index))
    .executeTakeFirst()
  return row?.hashes ?? Buffer.alloc(0)
}

/** Writes tiles that have grown. */
export async function writeLogTiles(
  tx: Transaction<Database>,
  tiles: readonly { readonly level: number; readonly index: number; readonly hashes: Buffer }[],
): Promise<void> {
  await sql`
    INSERT INTO log_tile (level, index, hashes)
    SELECT * FROM unnest(${tiles.map(({ level }) => level)}::smallint[], ${tiles.map(({ index }) => index)}::bigint[],
      ${tiles.map(({ hashes }) => hashes)}::bytea[])
    ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes`.execute(tx)
}

/** Entries after a place, in order. */
export async function listLogEntries(
  db: Kysely<Database>,
  from: number,
  limit: number,
): Promise<readonly StoredLogEntry[]> {
  const rows = await db
    .selectFrom('log_entry')
    .selectAll()
    .where('index', '>=', String(from))
    .orderBy('index')
    .limit(limit)
    .execute()
  return rows.map(({ index, content }) => ({ index: Number(index), content }))
}

/** The entries about one of these cases or look-ups, in order. */
export async function listEntriesAbout(
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<readonly StoredLogEntry[]> {
  const { rows } = await sql<{ index: string; content: string }>`
    SELECT index, content FROM log_entry WHERE log_entry_subject(content) = ANY(${ids}::text[]) ORDER BY index`.execute(
    db,
  )
  return rows.map(({ index, content }) => ({ index: Number(index), content }))
}

/** The newest checkpoint, or `undefined` before the first. */
export async function findLastCheckpoint(db: Kysely<Database>): Promise<StoredCheckpoint | undefined> {
  const row = await db
    .selectFrom('log_checkpoint')
    .selectAll()
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && toCheckpoint(row)
}

function toCheckpoint(row: Selectable<Database['log_checkpoint']>): StoredCheckpoint {
  return { size: Number(row.size), root: row.root, note: row.note, signedAt: row.signed_at }
}

/** The checkpoint of this size, or `undefined` where the custodian signed none. */
export async function findCheckpoint(
  db: Kysely<Database>,
  size: number,
): Promise<StoredCheckpoint | undefined> {
  const row = await db
    .selectFrom('log_checkpoint')
    .selectAll()
    .where('size', '=', String(size))
    .executeTakeFirst()
  return row && toCheckpoint(row)
}

/** Keeps a checkpoint. */
export async function insertCheckpoint(db: Kysely<Database>, checkpoint: StoredCheckpoint): Promise<void> {
  const { size, root, note, signedAt } = checkpoint
  await db
    .insertInto('log_checkpoint')
    .values({ size, root, note, signed_at: signedAt })
    .onConflict((conflict) => conflict.column('size').doNothing())
    .execute()
}

/** Keeps a telco's cosignature of a checkpoint; the first it gives counts. */
export async function insertCosignature(
  db: Kysely<Database>,
  cosignature: { readonly size: number; readonly telcoId: number; readonly line: string },
): Promise<void> {
  await db
    .insertInto('log_cosignature')
    .values({ size: cosignature.size, telco_id: cosignature.telcoId, line: cosignature.line })
    .onConflict((conflict) => conflict.columns(['size', 'telco_id']).doNothing())
    .execute()
}

/** The cosignatures of a checkpoint, by telco. */
export async function listCosignatures(db: Kysely<Database>, size: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('log_cosignature')
    .select('line')
    .where('size', '=', String(size))
    .orderBy('telco_id')
    .execute()
  return rows.map(({ line }) => line)
}
