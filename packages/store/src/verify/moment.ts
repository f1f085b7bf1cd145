import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../schema.ts'

/** Looks at the database as it is at one moment, and changes nothing: PostgreSQL itself refuses every write. */
export function readAtOneMoment<Value>(
  db: Kysely<Database>,
  look: (tx: Transaction<Database>) => Promise<Value>,
): Promise<Value> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(look)
}

/** Lets the statements of a transaction take as long as they need, as to count a nation's list. */
export async function liftStatementTimeout(tx: Transaction<Database>): Promise<void> {
  await sql`SET LOCAL statement_timeout = 0`.execute(tx)
}
