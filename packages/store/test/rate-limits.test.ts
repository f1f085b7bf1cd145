import { Client, escapeIdentifier } from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { deleteExpiredLimits, migrate, openSharedLimit, openStore, type Store } from '../src/index.ts'

const name = `store_limits_${process.pid}`
const superuserUrl = inject('postgresUrl')
const url = Object.assign(new URL(superuserUrl), { pathname: `/${name}` }).href
let stores: readonly [Store, Store]

async function administer(text: string): Promise<void> {
  const client = new Client({ connectionString: superuserUrl })
  await client.connect()
  await client.query(text)
  await client.end()
}

beforeAll(async () => {
  await administer(`CREATE DATABASE ${escapeIdentifier(name)}`)
  await migrate(url)
  stores = [openStore({ url, applicationName: 'one' }), openStore({ url, applicationName: 'other' })]
})
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await administer(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`)
})

const plan = { name: 'test', points: 10, seconds: 60 }

test('two processes at once let exactly as many through as the limit has', async () => {
  const limits = stores.map((store) => openSharedLimit(store, plan))
  const spent = await Promise.all(
    Array.from({ length: 30 }, (_, turn) => limits[turn % 2]?.spend('somebody')),
  )
  expect(spent.filter((spending) => spending && !spending.isOver)).toHaveLength(10)
})

test('what expired goes, and what has not stays', async () => {
  const [{ db }] = stores
  await openSharedLimit(stores[0], { ...plan, seconds: 1000 }).spend('kept')
  const keys = async () => (await db.selectFrom('rate_limit').select('key').execute()).map(({ key }) => key)
  expect(await deleteExpiredLimits(db, new Date(Date.now() + 100_000))).toBe(1)
  expect(await keys()).toEqual(['test:kept'])
})

test('with the database away each process counts for itself', async () => {
  const away = openStore({ url: 'postgres://nobody@127.0.0.1:9/none', applicationName: 'away' })
  const limit = openSharedLimit(away, plan)
  const spent = []
  for (let turn = 0; turn < 12; turn++) spent.push(await limit.spend('somebody'))
  expect(spent.filter(({ isOver }) => !isOver)).toHaveLength(10)
  await away.close()
})
