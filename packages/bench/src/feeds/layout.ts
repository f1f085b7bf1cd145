import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, startPostgres, withClient } from '@pcbs/dev-nation'
import type { Client } from 'pg'

const columns =
  'telco_id smallint NOT NULL, imei uuid NOT NULL, imsi uuid NOT NULL, subscription uuid NOT NULL, first_seen date NOT NULL, last_seen date NOT NULL, rat text NOT NULL'
const telcoFirst = 'PRIMARY KEY (telco_id, imei, imsi, subscription)'
const imeiFirst = 'PRIMARY KEY (imei, imsi, subscription, telco_id)'
const inKeyOrder = 'ORDER BY imei, imsi, subscription'
const fillHeap = 'INSERT INTO target SELECT * FROM arrival'
const mergeDay = (order: string) => `
  INSERT INTO target AS live SELECT * FROM day ${order}
  ON CONFLICT (telco_id, imei, imsi, subscription) DO UPDATE SET last_seen = excluded.last_seen`

/** A way to lay a telco's pairings out: what stands ready before the clock starts, and what is timed. */
interface Layout {
  readonly name: string
  readonly prepare: readonly string[]
  readonly timed: readonly string[]
}

const firstLoads: readonly Layout[] = [
  {
    name: 'first load into the indexed table, as it arrives',
    prepare: [`CREATE TABLE target (${columns}, ${telcoFirst})`],
    timed: [fillHeap],
  },
  {
    name: 'first load into the indexed table, in key order',
    prepare: [`CREATE TABLE target (${columns}, ${telcoFirst})`],
    timed: [`${fillHeap} ${inKeyOrder}`],
  },
  {
    name: 'unlogged heap, then logged, then indexed telco first',
    prepare: [`CREATE UNLOGGED TABLE target (${columns})`],
    timed: [fillHeap, 'ALTER TABLE target SET LOGGED', `ALTER TABLE target ADD ${telcoFirst}`],
  },
  {
    name: 'logged heap, then indexed telco first',
    prepare: [`CREATE TABLE target (${columns})`],
    timed: [fillHeap, `ALTER TABLE target ADD ${telcoFirst}`],
  },
  {
    name: 'logged heap, then indexed IMEI first',
    prepare: [`CREATE TABLE target (${columns})`],
    timed: [fillHeap, `ALTER TABLE target ADD ${imeiFirst}`],
  },
]

const indexed = (key: string, options = '') => [
  `CREATE TABLE target (${columns}, ${key}) ${options}`,
  `${fillHeap} ${inKeyOrder}`,
  'VACUUM ANALYZE target',
]
const days: readonly Layout[] = [
  {
    name: 'a day of 2 %, merged as it arrives',
    prepare: indexed(telcoFirst),
    timed: [mergeDay('')],
  },
  {
    name: 'a day of 2 %, merged in key order',
    prepare: indexed(telcoFirst),
    timed: [mergeDay(inKeyOrder)],
  },
  {
    name: 'a day of 2 %, merged in key order, IMEI first',
    prepare: indexed(imeiFirst),
    timed: [mergeDay(inKeyOrder)],
  },
  {
    name: 'a day of 2 %, merged in key order, pages filled to 90 %',
    prepare: indexed(telcoFirst, 'WITH (fillfactor = 90)'),
    timed: [mergeDay(inKeyOrder)],
  },
  {
    name: 'a day of 2 %, deleted and inserted again',
    prepare: indexed(telcoFirst),
    timed: [
      'DELETE FROM target USING day WHERE (target.imei, target.imsi, target.subscription) = (day.imei, day.imsi, day.subscription)',
      `INSERT INTO target SELECT * FROM day ${inKeyOrder}`,
    ],
  },
]

/** Ways to lay out and merge pairings, each timed on the same rows; docs/decisions keeps the table. */
export async function benchLayout({ rows = 1_000_000 }): Promise<object> {
  const postgres = await startPostgres({
    dataFolder: join(tmpdir(), `pcbs-bench-layout-${process.pid}`),
    port: await findFreePort(),
    password: 'bench',
  })
  try {
    return await withClient(postgres.url(), async (database) => {
      await prepareRows(database, rows)
      const rowsPerSecond: Record<string, number> = {}
      for (const [layouts, count] of [
        [firstLoads, rows],
        [days, Math.round(rows / 50)],
      ] as const)
        for (const layout of layouts) {
          const tookMs = await timeLayout(database, layout)
          rowsPerSecond[layout.name] = Math.round(count / (tookMs / 1000))
          process.stderr.write(`| ${layout.name} | ${tookMs} ms | ${rowsPerSecond[layout.name]} rows/s |\n`)
        }
      return { rows, rowsPerSecond }
    })
  } finally {
    await postgres.remove()
  }
}

/** The first load in the order of arrival, and a day on which every fiftieth of its rows was used again. */
async function prepareRows(database: Client, rows: number): Promise<void> {
  await database.query(`SET maintenance_work_mem = '256MB'`)
  await database.query(`CREATE UNLOGGED TABLE arrival AS
    SELECT 1::smallint AS telco_id, gen_random_uuid() AS imei, gen_random_uuid() AS imsi, gen_random_uuid() AS subscription,
      date '2026-11-01' AS first_seen, date '2026-11-01' AS last_seen, ''::text AS rat
    FROM generate_series(1, ${rows})`)
  await database.query(`CREATE UNLOGGED TABLE day AS SELECT telco_id, imei, imsi, subscription, first_seen, date '2026-11-02' AS last_seen, rat
    FROM (SELECT *, row_number() OVER () AS n FROM arrival) numbered WHERE n % 50 = 0`)
  await database.query('VACUUM ANALYZE')
}

async function timeLayout(database: Client, { prepare, timed }: Layout): Promise<number> {
  for (const statement of [...prepare, 'CHECKPOINT']) await database.query(statement)
  const startedMs = performance.now()
  await database.query('BEGIN')
  for (const statement of timed) await database.query(statement)
  await database.query('COMMIT')
  const tookMs = Math.round(performance.now() - startedMs)
  await database.query('DROP TABLE target')
  return tookMs
}
