import { defineAdapter, type ListEntry, type ListRange, type ListUpdate, type SourceRows } from '@pcbs/sdk'
import { Client, Pool } from 'pg'
import Cursor from 'pg-cursor'

/** Rows fetched at a time: memory stays at some hundred kilobytes whatever the tables hold. */
const fetchRows = 2000

/** Queries for a database with these tables; give your own under `settings`. */
const defaults = {
  subscribersQuery: `SELECT msisdn, national_id AS "nationalId", issuing_country AS "issuingCountry", true AS "isActive"
    FROM subscriber WHERE ended_on IS NULL ORDER BY msisdn`,
  pairingsQuery: `SELECT imei, imsi, msisdn, first_seen AS "firstSeen", last_seen AS "lastSeen", rat
    FROM device_use WHERE last_seen BETWEEN $1 AND $2::date + 1 ORDER BY msisdn, imei, imsi`,
}

/**
 * Reads a telco's subscriber database over a cursor, and keeps the block list in its table
 * `pcbs_block_list (imei, status, reason, seq)`, ranges of models in `pcbs_tac_ranges`, for an EIR that provisions from there.
 *
 * A sync that runs over midnight meets phones that are used on the day after its last one: the query gives them too, and the
 * kit feeds them as of its last day.
 *
 * Settings: `database` (a PostgreSQL URL), `subscribersQuery` and `pairingsQuery` (the latter gets the first and
 * last day as $1 and $2). Each query names its columns as the kit's rows do and ends in an ORDER BY. The subscribers' may
 * have `documentType`, `nationality` and `isActive` (true where it is left out) too, and `name` and `address` where the
 * collection policy has them sealed.
 */
export const adapter = defineAdapter(({ settings, period, signal }) => {
  const {
    database,
    subscribersQuery = defaults.subscribersQuery,
    pairingsQuery = defaults.pairingsQuery,
  } = settings
  if (!database) throw new TypeError('settings.database is not set')
  const pool = new Pool({ connectionString: database, max: 2 })
  pool.on('error', () => {})
  return {
    subscribers: () =>
      readRows<SourceRows['subscribers']>(database, { query: subscribersQuery, values: [] }, signal),
    pairings: () =>
      readRows<SourceRows['pairings']>(
        database,
        { query: pairingsQuery, values: [period.from, period.to] },
        signal,
      ),
    estimateRows: (kind) =>
      kind === 'subscribers'
        ? estimateRows(pool, subscribersQuery, [])
        : estimateRows(pool, pairingsQuery, [period.from, period.to]),
    applyList: (updates) => applyList(pool, updates),
    close: () => pool.end(),
  }
})

async function* readRows<Row extends object>(
  database: string,
  { query, values }: { query: string; values: readonly string[] },
  signal: AbortSignal,
): AsyncIterable<readonly Row[]> {
  const client = new Client({ connectionString: database, types: { getTypeParser: () => String } })
  await client.connect()
  try {
    // One snapshot for all of it, and a cursor that leaves the rows where they are until they are read.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const cursor = client.query(new Cursor<Record<string, string | null>>(query, [...values]))
    for (let rows = await cursor.read(fetchRows); rows.length > 0; rows = await cursor.read(fetchRows)) {
      signal.throwIfAborted()
      yield rows.map((row) => asText(row) as Row)
    }
    await cursor.close()
  } finally {
    await client.end()
  }
}

/** What the planner believes a query gives; it is not run. */
async function estimateRows(pool: Pool, query: string, values: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ 'QUERY PLAN': readonly [{ Plan: { 'Plan Rows': number } }] }>(
    `EXPLAIN (FORMAT JSON) ${query}`,
    [...values],
  )
  return rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0
}

/** What queries say of a subscription that is in force, and of one that has ended, in small letters. */
const inForce = ['', 't', 'true', '1', 'y', 'yes', 'active']
const ended = ['f', 'false', '0', 'n', 'no', 'ended', 'inactive']

/**
 * Every column as text, as the kit parses it: empty where the database holds nothing. A row whose `isActive` cannot be
 * read is rejected, since to leave it out would end a subscription that may be in force.
 */
function asText(row: Record<string, string | boolean | null>): object {
  for (const name in row) row[name] ??= ''
  const isActive = String(row.isActive ?? '').toLowerCase()
  if (!inForce.includes(isActive) && !ended.includes(isActive))
    return { fault: { field: 'status', code: 'status-format' } }
  row.isActive = inForce.includes(isActive)
  return row
}

async function applyList(pool: Pool, updates: readonly ListUpdate[]): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query(
      `CREATE TABLE IF NOT EXISTS pcbs_block_list (imei text PRIMARY KEY, status text NOT NULL, reason text, seq bigint NOT NULL);
       ALTER TABLE pcbs_block_list ADD COLUMN IF NOT EXISTS reason text;
       CREATE TABLE IF NOT EXISTS pcbs_tac_ranges (tac_from text PRIMARY KEY, tac_to text NOT NULL, status text NOT NULL,
         reason text, seq bigint NOT NULL)`,
    )
    for (const update of updates) await applyUpdate(client, update)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

type Connection = { query(text: string, values?: unknown[]): Promise<unknown> }

async function applyUpdate(client: Connection, update: ListUpdate): Promise<void> {
  switch (update.type) {
    case 'replace':
      await client.query('TRUNCATE pcbs_block_list, pcbs_tac_ranges')
      for (const batch of batchesOf(update.entries)) await writeEntries(client, batch, update.seq)
      for (const range of update.ranges) await writeRange(client, range, update.seq)
      break
    case 'change':
      await writeEntries(client, [update.entry], update.seq)
      break
    case 'range':
      await writeRange(client, update.range, update.seq)
      break
  }
}

const batchRows = 10_000

function* batchesOf(entries: Iterable<ListEntry>): IterableIterator<readonly ListEntry[]> {
  let batch: ListEntry[] = []
  for (const entry of entries) {
    batch.push(entry)
    if (batch.length < batchRows) continue
    yield batch
    batch = []
  }
  yield batch
}

async function writeEntries(client: Connection, entries: readonly ListEntry[], seq: number): Promise<void> {
  await client.query(
    `INSERT INTO pcbs_block_list (imei, status, reason, seq)
     SELECT imei, status, reason, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS listed(imei, status, reason)
     WHERE status <> 'PERMITTED'
     ON CONFLICT (imei) DO UPDATE SET status = excluded.status, reason = excluded.reason, seq = excluded.seq`,
    [
      entries.map(({ imei }) => imei),
      entries.map(({ status }) => status),
      entries.map(({ reason }) => reason ?? null),
      seq,
    ],
  )
  const permitted = entries.filter(({ status }) => status === 'PERMITTED').map(({ imei }) => imei)
  if (permitted.length > 0)
    await client.query('DELETE FROM pcbs_block_list WHERE imei = ANY($1)', [permitted])
}

async function writeRange(
  client: Connection,
  { tacs, status, reason }: ListRange,
  seq: number,
): Promise<void> {
  await client.query('DELETE FROM pcbs_tac_ranges WHERE tac_from = $1', [tacs.from])
  if (status === 'PERMITTED') return
  await client.query('INSERT INTO pcbs_tac_ranges VALUES ($1, $2, $3, $4, $5)', [
    tacs.from,
    tacs.to,
    status,
    reason ?? null,
    seq,
  ])
}

/** What the telco's table holds of the block list; lets the conformance suite look. */
export async function readList(
  settings: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, ListEntry['status']>> {
  const client = new Client({ connectionString: settings.database })
  await client.connect()
  try {
    const { rows } = await client.query<{ imei: string; status: ListEntry['status'] }>(
      'SELECT imei, status FROM pcbs_block_list',
    )
    return new Map(rows.map(({ imei, status }) => [imei, status]))
  } finally {
    await client.end()
  }
}
