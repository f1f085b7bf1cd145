import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import { Pool, types } from 'pg'
import type { Database } from './schema.ts'

/** A connection to the registry's database, for queries that stand alone. */
export type RegistryDb = Kysely<Database>

/** A transaction on the registry's database. */
export type RegistryTransaction = Transaction<Database>

/** A pool of connections and the query builder on it. */
export interface Store {
  readonly db: Kysely<Database>
  readonly pool: Pool
  /** Waits for running queries, then closes every connection. */
  close(): Promise<void>
}

/** How a process reaches the database. */
export interface StoreOptions {
  readonly url: string
  readonly applicationName: string
  readonly maxConnections?: number
}

const dateOid = 1082

/** Opens a pool. Days are read as ISO text, not as Dates at somebody's midnight. */
export function openStore({ url, applicationName, maxConnections = 10 }: StoreOptions): Store {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    max: maxConnections,
    types: { getTypeParser: (oid, format) => (oid === dateOid ? String : types.getTypeParser(oid, format)) },
  })
  // A connection that breaks while idle is replaced at its next use, and one that breaks in the middle of a
  // transaction fails its next query; without a listener each would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return { db, pool, close: () => db.destroy() }
}

/** Answers once the database does. */
export async function ping(db: Kysely<Database>): Promise<void> {
  await sql`SELECT 1`.execute(db)
}
