import { randomBytes } from 'node:crypto'
import { checkAdapter } from '@pcbs/sdk/conformance'
import { Client } from 'pg'
import { beforeAll, expect, inject, test } from 'vitest'
import { adapter, readList } from '../src/adapter.ts'

let database: string

beforeAll(async () => {
  const name = `sql_adapter_${randomBytes(6).toString('hex')}`
  const url = new URL(inject('postgresUrl'))
  const admin = new Client({ connectionString: url.href })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.end()
  url.pathname = `/${name}`
  database = url.href
  const client = new Client({ connectionString: database })
  await client.connect()
  await client.query(`
    CREATE TABLE subscriber (msisdn text PRIMARY KEY, national_id text, issuing_country text, ended_on date);
    CREATE TABLE device_use (imei text, imsi text, msisdn text, first_seen date, last_seen date, rat text);
    INSERT INTO subscriber SELECT '6012' || (1000000 + n), '900101-14-' || lpad(n::text, 4, '0'), NULL, NULL
      FROM generate_series(1, 300) n;
    INSERT INTO device_use SELECT '352099001' || lpad(n::text, 6, '0'), '50212' || lpad(n::text, 10, '0'),
      '6012' || (1000000 + n), current_date - 3, current_date, '' FROM generate_series(1, 300) n`)
  await client.end()
})

test('a subscription is left out only where the query says that it has ended', async () => {
  const told =
    "(VALUES ('60123456780', ''), ('60123456781', 'true'), ('60123456782', '0'), ('60123456783', 'perhaps'))"
  const columns = 'msisdn, \'900101-14-5678\' AS "nationalId"'
  const read = async (subscribersQuery: string) => {
    const source = await adapter({
      settings: { database, subscribersQuery },
      home: { country: 'MY', mccs: ['502'] },
      period: { from: '2026-01-01', to: '2026-01-02' },
      signal: new AbortController().signal,
    })
    const rows: object[] = []
    for await (const some of source.subscribers()) rows.push(...[some].flat())
    await source.close?.()
    return rows
  }
  const rows = await read(
    `SELECT ${columns}, told AS "isActive" FROM ${told} AS line(msisdn, told) ORDER BY 1`,
  )
  expect(rows).toMatchObject([
    { isActive: true },
    { isActive: true },
    { isActive: false },
    { fault: { field: 'status', code: 'status-format' } },
  ])
  const untold = await read(`SELECT ${columns} FROM ${told} AS line(msisdn, told) ORDER BY 1`)
  expect(untold).toMatchObject([
    { isActive: true },
    { isActive: true },
    { isActive: true },
    { isActive: true },
  ])
})

test('the adapter over a database keeps every promise of the kit', async () => {
  const settings = { database }
  const home = { country: 'MY', mccs: ['502'] } as const
  const outcomes = await checkAdapter({
    factory: adapter,
    settings,
    home,
    readList: () => readList(settings),
  })
  expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  expect(outcomes.filter(({ outcome }) => outcome === 'passed')).toHaveLength(5)
})
