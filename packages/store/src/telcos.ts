import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'

/** A network operator that takes part. */
export interface Telco {
  readonly id: number
  readonly code: string
  readonly name: string
  /** Phones that it may block in a day without an officer. */
  readonly blockBudgetPerDay: number
  /** How often a day it may ask which phones a claimant used. */
  readonly phoneLookupBudgetPerDay: number
  /** Feed limits that differ from the defaults, by threshold name. */
  readonly thresholds: Readonly<Record<string, number>>
  /** Ed25519 keys in use for signing manifests, 32 raw bytes each. */
  readonly publicKeys: readonly Buffer[]
  readonly isSuspended: boolean
  readonly joinedAt: Date
}

/** Makes room for a telco. Needs the schema owner's connection, since it makes partitions. */
export async function addTelco(db: Kysely<Database>, code: string, name: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`SELECT add_telco(${code}, ${name}) AS id`.execute(db)
  const [row] = rows
  if (!row) throw new Error('add_telco gave no row')
  return row.id
}

/** Every telco, by id. */
export async function listTelcos(db: Kysely<Database>): Promise<readonly Telco[]> {
  const rows = await db.selectFrom('telco').selectAll().orderBy('id').execute()
  const keys = await db.selectFrom('telco_key').selectAll().where('retired_at', 'is', null).execute()
  return rows.map((row) => ({
    id: row.id,
    code: row.code,
    name: row.name,
    blockBudgetPerDay: row.block_budget_per_day,
    phoneLookupBudgetPerDay: row.phone_lookup_budget_per_day,
    thresholds: row.thresholds,
    publicKeys: keys.filter(({ telco_id }) => telco_id === row.id).map(({ public_key }) => public_key),
    isSuspended: row.suspended_at !== null,
    joinedAt: row.created_at,
  }))
}

/** Lets a telco sign its manifests with a key. Needs the schema owner's connection. */
export async function addTelcoKey(db: Kysely<Database>, telcoId: number, publicKey: Buffer): Promise<void> {
  await db
    .insertInto('telco_key')
    .values({ telco_id: telcoId, public_key: publicKey, retired_at: null })
    .onConflict((conflict) => conflict.columns(['telco_id', 'public_key']).doUpdateSet({ retired_at: null }))
    .execute()
}

/** Ends the use of all of a telco's keys but one. Needs the schema owner's connection. */
export async function retireOtherKeys(db: Kysely<Database>, telcoId: number, kept: Buffer): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('telco_key')
    .set({ retired_at: sql<Date>`now()` })
    .where('telco_id', '=', telcoId)
    .where('public_key', '<>', kept)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Suspends a telco or lets it back in. Needs the schema owner's connection. */
export async function setSuspended(
  db: Kysely<Database>,
  telcoId: number,
  isSuspended: boolean,
): Promise<void> {
  await db
    .updateTable('telco')
    .set({ suspended_at: isSuspended ? sql<Date>`now()` : null })
    .where('id', '=', telcoId)
    .execute()
}

/** Sets a telco's own limits. Needs the schema owner's connection. */
export async function setThresholds(
  db: Kysely<Database>,
  code: string,
  thresholds: Record<string, number>,
): Promise<void> {
  await sql`UPDATE telco SET thresholds = ${JSON.stringify(thresholds)}::jsonb WHERE code = ${code}`.execute(
    db,
  )
}
