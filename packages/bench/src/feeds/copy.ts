import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

/** A live table whose rows are copied once more, as one would do it by hand. */
export interface CopiedTable {
  readonly table: 'subscriber' | 'pairing'
  readonly columns: string
  /** What its rows are spread by. */
  readonly hashKey: string
  readonly primaryKey: string
  /** Other indexes, by their columns. */
  readonly indexes: readonly string[]
}

/** The tables that feeds fill. */
export const copiedTables = {
  subscribers: {
    table: 'subscriber',
    columns: 'telco_id, subscription, owner_tag, sealed',
    hashKey: 'subscription',
    primaryKey: 'subscription, telco_id',
    indexes: [],
  },
  pairings: {
    table: 'pairing',
    columns: 'telco_id, imei, imsi, subscription, first_seen, last_seen, rat',
    hashKey: 'imei',
    primaryKey: 'imei, imsi, subscription, telco_id',
    indexes: ['subscription'],
  },
} as const satisfies Record<string, CopiedTable>

/**
 * Times COPY of a live table's rows, in the order of arrival, into an empty table with the same indexes, and into a
 * bare one followed by building them.
 */
export async function timeCopies(
  database: Client,
  { table, columns, hashKey, primaryKey, indexes }: CopiedTable,
): Promise<{ indexedMs: number; bareMs: number }> {
  const chunks: Buffer[] = []
  // In the order of arrival, as a source sends them: not sorted for the index.
  const order = `SELECT ${columns} FROM ${table} ORDER BY md5(subscription::text)`
  for await (const chunk of database.query(copyTo(`COPY (${order}) TO STDOUT`)) as AsyncIterable<Buffer>)
    chunks.push(chunk)
  const timed = async (prepare: string, finish: string) => {
    await database.query(
      `CREATE TABLE copied (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY HASH (${hashKey}); ${prepare}`,
    )
    for (let remainder = 0; remainder < 4; remainder++)
      await database.query(
        `CREATE TABLE copied_${remainder} PARTITION OF copied FOR VALUES WITH (MODULUS 4, REMAINDER ${remainder})`,
      )
    await database.query('CHECKPOINT')
    const startedMs = performance.now()
    await pipeline(Readable.from(chunks), database.query(copyFrom('COPY copied FROM STDIN')))
    await database.query(finish)
    const tookMs = Math.round(performance.now() - startedMs)
    await database.query('DROP TABLE copied')
    return tookMs
  }
  const index = [
    `ALTER TABLE copied ADD PRIMARY KEY (${primaryKey})`,
    ...indexes.map((columns) => `CREATE INDEX ON copied (${columns})`),
  ].join('; ')
  return { indexedMs: await timed(index, ''), bareMs: await timed('', index) }
}
