import { sql, type Transaction } from 'kysely'
import type { Store } from '../connect.ts'
import type { Database } from '../schema.ts'

/** Looks at the database as it is at one moment, and changes nothing: PostgreSQL itself refuses every write. */
export function readOneMoment<Value>(
  { db }: Store,
  look: (tx: Transaction<Database>) => Promise<Value>,
): Promise<Value> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      // Counting a nation's list may take longer than a query of the API ever does.
      await sql`SET LOCAL statement_timeout = 0`.execute(tx)
      return look(tx)
    })
}
