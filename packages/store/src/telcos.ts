import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'

/** A network operator that takes part. */
export interface Telco {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly blockBudgetPerDay: number
  /** Feed limits that differ from the defaults, by threshold name. */
  readonly thresholds: Readonly<Record<string, number>>
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
  return rows.map((row) => ({
    id: row.id,
    code: row.code,
    name: row.name,
    blockBudgetPerDay: row.block_budget_per_day,
    thresholds: row.thresholds,
  }))
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
