import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import { Client, Pool, type PoolClient, types } from 'pg'
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
  /** Ends every connection at once, whatever runs on it or waits for a lock: the server undoes what was not committed. */
  cut(): Promise<void>
}

/** How a process reaches the database. */
export interface StoreOptions {
  readonly url: string
  readonly applicationName: string
  readonly maxConnections?: number
}

const dateOid = 1082

/** Nobody waits longer for a connection: one that is not there by then is an error that its caller can be told of. */
const connectionPatienceMs = 30_000

/** How long ending connections may take, with the server away too. */
const cutPatienceMs = 2000

/** Opens a pool. Days are read as ISO text, not as Dates at somebody's midnight. */
export function openStore({ url, applicationName, maxConnections = 10 }: StoreOptions): Store {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    max: maxConnections,
    connectionTimeoutMillis: connectionPatienceMs,
    types: { getTypeParser: (oid, format) => (oid === dateOid ? String : types.getTypeParser(oid, format)) },
  })
  // A connection that breaks while idle is replaced at its next use, and one that breaks in the middle of a
  // transaction fails its next query; without a listener each would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const clients = new Set<PoolClient>()
  pool.on('connect', (client) => clients.add(client))
  pool.on('remove', (client) => clients.delete(client))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return { db, pool, close: () => db.destroy(), cut: () => cutAll({ url, applicationName }, [...clients]) }
}

/**
 * Has the server end these connections, and then ends them here. Closing a socket alone would not do: a server whose query
 * waits for a lock does not notice.
 */
async function cutAll({ url, applicationName }: StoreOptions, clients: readonly PoolClient[]): Promise<void> {
  const killer = new Client({
    connectionString: url,
    connectionTimeoutMillis: cutPatienceMs,
    query_timeout: cutPatienceMs,
  })
  killer.on('error', () => {})
  try {
    await killer.connect()
    // The name is asked for too: behind a pooler a process id may be another client's by now.
    await killer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE pid = ANY ($1) AND usename = session_user AND application_name = $2`,
      [clients.map(processIdOf).filter((pid) => pid !== undefined), applicationName],
    )
  } catch {
    // With the server away there is nobody to tell.
  }
  void killer.end().catch(() => {})
  for (const client of clients) client.connection.stream.destroy()
}

function processIdOf(client: PoolClient): number | undefined {
  // pg sets it once the server has said it, and leaves it out of its types.
  return (client as { readonly processID?: number | null }).processID ?? undefined
}

/** Answers once the database does. */
export async function ping(db: Kysely<Database>): Promise<void> {
  await sql`SELECT 1`.execute(db)
}
