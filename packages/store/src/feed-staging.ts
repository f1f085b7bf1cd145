import { pipeline } from 'node:stream/promises'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { FeedName, StoredReject } from './feeds.ts'
import type { Database, PartCounts } from './schema.ts'
import { stagedColumns } from './staged-rows.ts'

/** What a part turned out to hold once all of it was read. */
export interface PartOutcome {
  /** SHA-256 of the uncompressed part. */
  readonly digest: Buffer
  readonly rowsIn: number
  readonly accepted: number
  readonly rejects: readonly Omit<StoredReject, 'part'>[]
  readonly counts: PartCounts
}

/** A part on its way in: its staged rows as COPY data, and what to record once they are all through. */
export interface IncomingPart {
  /** Binary COPY, as {@link encodeStagedBatch} makes it, between header and trailer. */
  readonly copyData: AsyncIterable<Buffer>
  /** Called when `copyData` has ended; throws to undo the part. */
  finish(): PartOutcome
}

/**
 * Takes one part in, in one transaction: rows into the staging table by COPY, its rejects, its record.
 * Whatever a former try of this part left is gone first.
 * @returns `undefined`, and nothing is taken in, where the feed is not open
 */
export async function stagePart(
  ingest: Pool,
  name: FeedName & { part: number },
  incoming: IncomingPart,
): Promise<PartOutcome | undefined> {
  const client = await ingest.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    // A crash of the database may take the last parts with it, rows and record together: the commit, which does wait
    // for the disk, finds them missing, and the adapter sends them again.
    await client.query('SET LOCAL synchronous_commit = off')
    await client.query("SELECT set_config('pcbs.telco_id', $1, true)", [String(name.telcoId)])
    const outcome = await copyPart(client, name, incoming)
    await client.query('COMMIT')
    return outcome
  } catch (error) {
    // After a failed COPY the connection's state is unknown: give it up rather than reuse it.
    broken = error instanceof Error ? error : new Error('staging failed')
    throw error
  } finally {
    client.release(broken)
  }
}

async function copyPart(
  client: PoolClient,
  name: FeedName & { part: number },
  incoming: IncomingPart,
): Promise<PartOutcome | undefined> {
  const { telcoId, kind, number, part } = name
  const key = [telcoId, kind, number, part]
  // A commit waits for parts under way, and a part finds out that the feed was closed.
  const { rowCount } = await client.query(
    "SELECT FROM feed WHERE telco_id = $1 AND kind = $2 AND number = $3 AND state = 'open' FOR SHARE",
    key.slice(0, 3),
  )
  if (rowCount === 0) return undefined
  // The same part sent twice at once is taken in twice, one after the other.
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [key.join('/')])
  // Rows and record come and go together, so a part without a record has no rows, and nobody scans for them.
  const { rowCount: formerTries } = await client.query(
    'DELETE FROM feed_part WHERE telco_id = $1 AND kind = $2 AND number = $3 AND part = $4',
    key,
  )
  if (formerTries) {
    await client.query(`DELETE FROM ${stagingTable(name)} WHERE part = $1`, [part])
    await client.query(
      'DELETE FROM feed_reject WHERE telco_id = $1 AND kind = $2 AND number = $3 AND part = $4',
      key,
    )
  }
  await pipeline(
    incoming.copyData,
    client.query(copyFrom(`COPY ${stagingTable(name)} (${stagedColumns[kind]}) FROM STDIN (FORMAT binary)`)),
  )
  const { digest, rowsIn, accepted, rejects, counts } = incoming.finish()
  await client.query(
    `INSERT INTO feed_reject (telco_id, kind, number, part, line, field, code)
     SELECT $1, $2, $3, $4, line, field, code FROM unnest($5::int[], $6::text[], $7::text[]) AS rejected(line, field, code)`,
    [
      ...key,
      rejects.map(({ line }) => line),
      rejects.map(({ field }) => field),
      rejects.map(({ code }) => code),
    ],
  )
  await client.query(
    `INSERT INTO feed_part (telco_id, kind, number, part, digest, rows_in, accepted, rejected, counts)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [...key, digest, rowsIn, accepted, rejects.length, JSON.stringify(counts)],
  )
  return { digest, rowsIn, accepted, rejects, counts }
}

/** The counts of all parts received, added up. */
export async function sumPartCounts(
  db: Kysely<Database>,
  { telcoId, kind, number }: FeedName,
): Promise<PartCounts> {
  const rows = await db
    .selectFrom('feed_part')
    .select('counts')
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('number', '=', number)
    .execute()
  const rejectsByCode: Record<string, number> = {}
  for (const { counts } of rows)
    for (const [code, count] of Object.entries(counts.rejectsByCode))
      rejectsByCode[code] = (rejectsByCode[code] ?? 0) + count
  // A part that came before a count was introduced has none of it.
  const sum = (of: Exclude<keyof PartCounts, 'rejectsByCode'>) =>
    rows.reduce((total, { counts }) => total + ((counts as Partial<PartCounts>)[of] ?? 0), 0)
  return {
    foreignImsis: sum('foreignImsis'),
    foreignMsisdns: sum('foreignMsisdns'),
    shortImeis: sum('shortImeis'),
    zeroSuspects: sum('zeroSuspects'),
    unblockableImeis: sum('unblockableImeis'),
    rejectsByCode,
  }
}

/** Rows of an IMEI expected in the sample when it stands on as many rows as the limit allows. */
const expectedInSample = 1000

/**
 * Rows of the IMEI that most rows of a feed carry where those are more than the limit, else some number below it.
 * A sample finds the candidates, and only theirs are counted: of an IMEI over the limit a thousand rows are expected in
 * the sample, and fewer than half of those is a chance of less than one in 10^60.
 */
export async function countBusiestImei(
  tx: Transaction<Database>,
  feed: FeedName & { readonly accepted: number },
  limit: number,
): Promise<number> {
  if (feed.kind !== 'pairings' || feed.accepted <= limit) return 0
  const staged = sql.raw(stagingTable(feed))
  const percent = sql.raw(String(Math.min(100, (100 * expectedInSample) / Math.max(limit, 1))))
  const { rows } = await sql<{ busiest: string | null }>`
    WITH candidate AS (
      SELECT imei FROM ${staged} TABLESAMPLE BERNOULLI (${percent})
      GROUP BY imei HAVING count(*) > ${Math.min(limit, expectedInSample) / 2}
    )
    SELECT max(n) AS busiest FROM (
      SELECT count(*) AS n FROM ${staged} WHERE imei IN (SELECT imei FROM candidate) GROUP BY imei
    ) AS per_imei`.execute(tx)
  return Number(rows[0]?.busiest ?? 0)
}

/** Takes the parts after a number out of an open feed, with their rows and rejects. */
export async function discardPartsAfter(
  tx: Transaction<Database>,
  { telcoId, kind, number }: FeedName,
  lastPart: number,
): Promise<void> {
  const staged = sql.raw(stagingTable({ telcoId, kind, number }))
  await sql`DELETE FROM ${staged} WHERE part > ${lastPart}`.execute(tx)
  for (const table of ['feed_part', 'feed_reject'] as const) {
    await tx
      .deleteFrom(table)
      .where('telco_id', '=', telcoId)
      .where('kind', '=', kind)
      .where('number', '=', number)
      .where('part', '>', lastPart)
      .execute()
  }
}

/** Drops a feed's staged rows and the records of its parts. */
export async function discardStaging(
  tx: Transaction<Database>,
  { telcoId, kind, number }: FeedName,
): Promise<void> {
  await sql`SELECT close_staging(${kind}, ${number})`.execute(tx)
  await tx
    .deleteFrom('feed_part')
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('number', '=', number)
    .execute()
}

/** The staging table of a feed. Every piece is a number or a checked word, so the name needs no quoting. */
export function stagingTable({ telcoId, kind, number }: FeedName): string {
  return `staging.${kind}_${telcoId}_${number}`
}
