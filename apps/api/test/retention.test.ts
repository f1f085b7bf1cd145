import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Customer, startTestSystem, type TestSystem, today } from './harness.ts'

const customer: Customer = { msisdn: '60123456701', nationalId: '900101145678', imsi: '502121234567801' }
let system: TestSystem

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'), { PCBS_RETENTION_INTERVAL_MS: '50' })
})
afterAll(() => system.stop())

test('a use of a phone is forgotten when it lies before the look-back, and not a day earlier', async () => {
  const daysAgo = (days: number) =>
    new Date(Date.parse(today) - days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10)
  await system.feed('telco-a', [
    { customer, imei: '352099001761481', day: daysAgo(90) },
    { customer, imei: '357613004448485', day: daysAgo(92) },
    { customer, imei: '490154203237518', day: today },
  ])
  const days = async () => {
    const { rows } = await system.query('SELECT last_seen::text AS day FROM pairing ORDER BY 1')
    return rows.map(({ day }) => day)
  }
  while ((await days()).length > 2) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await days()).toEqual([daysAgo(90), today])
})
