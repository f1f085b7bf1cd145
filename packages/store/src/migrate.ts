import { readdir, readFile } from 'node:fs/promises'
import { Client } from 'pg'

const folder = new URL('../migrations/', import.meta.url)

/** A migration file and whether the database has it. */
export interface MigrationState {
  readonly name: string
  readonly isApplied: boolean
}

/**
 * Brings a database up to date: each new migration in a transaction of its own, in order of number.
 * Two processes that migrate at once take turns.
 * @param url a connection that owns the schema and may create roles
 * @returns the names applied now
 */
export async function migrate(url: string): Promise<readonly string[]> {
  return withMigrationLock(url, async (client) => {
    const pending = (await readStates(client)).filter(({ isApplied }) => !isApplied)
    for (const { name } of pending) {
      const statements = await readFile(new URL(name, folder), 'utf8')
      await client.query('BEGIN')
      try {
        await client.query(statements)
        await client.query('INSERT INTO schema_migration (name) VALUES ($1)', [name])
        await client.query('COMMIT')
      } catch (cause) {
        await client.query('ROLLBACK')
        throw new Error(`migration ${name} failed and left no trace`, { cause })
      }
    }
    return pending.map(({ name }) => name)
  })
}

/** Every migration, in order, with whether the database has it. */
export async function listMigrations(url: string): Promise<readonly MigrationState[]> {
  return withMigrationLock(url, readStates)
}

async function withMigrationLock<Value>(
  url: string,
  work: (client: Client) => Promise<Value>,
): Promise<Value> {
  const client = new Client({ connectionString: url, application_name: 'pcbs-migrate' })
  await client.connect()
  try {
    // Any fixed number will do; it is PCBS in ASCII.
    await client.query('SELECT pg_advisory_lock(1346585171)')
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    return await work(client)
  } finally {
    await client.end()
  }
}

async function readStates(client: Client): Promise<MigrationState[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted()
  const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migration')
  const applied = new Set(rows.map(({ name }) => name))
  return files.map((name) => ({ name, isApplied: applied.has(name) }))
}
