import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addDays, type Day, dayAt, endOfDay, parseTimeZone } from '@pcbs/core'
import { periodUntil, readPolicy, type SourceRows, syncOnce } from '@pcbs/sdk'
import { publicKeyFromRaw } from '@pcbs/seal'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Customer, freshKey, startTestSystem, type TestSystem } from './harness.ts'

const owner: Customer = { msisdn: '60123456701', nationalId: '900101145678', imsi: '502121234567801' }
const phone = '352099001761481'

/** A nation in which it is another day than in UTC, at whatever hour this test runs. */
const timeZone = new Date().getUTCHours() >= 10 ? 'Pacific/Kiritimati' : 'Pacific/Pago_Pago'

let system: TestSystem
let today: Day

beforeAll(async () => {
  const nation = { country: 'MY', mccs: ['502'], timeZone }
  system = await startTestSystem(inject('postgresUrl'), {}, { policy: { nation } })
})
afterAll(() => system.stop())

function zone() {
  const parsed = parseTimeZone(timeZone)
  if (!parsed.ok) throw new Error(`${timeZone} is no time zone`)
  return parsed.value
}

/** Syncs as a telco's adapter does, by the policy's own nation. */
async function sync(day: Day) {
  const listRoot = publicKeyFromRaw(system.registry.listRoot)
  if (!listRoot) throw new Error('the custodian gave no root key')
  const client = await system.client('telco-a', 'adapter')
  const policy = await readPolicy(client, { telco: 'telco-a', listRoot })
  return syncOnce({
    client,
    key: await system.key('telco-a'),
    adapter: {
      async *subscribers(): AsyncIterable<SourceRows['subscribers']> {
        yield { ...owner, isActive: true }
      },
      async *pairings(): AsyncIterable<SourceRows['pairings']> {
        yield { imei: phone, imsi: owner.imsi, msisdn: owner.msisdn, firstSeen: day, lastSeen: day }
      },
    },
    configuration: {
      telco: 'telco-a',
      registryUrl: system.registry.apiUrl,
      privateKey: createPrivateKey(await readFile(system.registry.keyFile('telco-a', 'adapter'))),
      listRoot,
      stateFolder: await mkdtemp(join(system.folder, 'state-')),
    },
    period: periodUntil(Date.now(), { lookBackDays: 90, timeZone: policy.timeZone }),
  })
}

test('a phone used on the nation’s today is fed that day, and its owner’s report of that night blocks it', async () => {
  today = dayAt(Date.now(), zone())
  expect(today).not.toBe(new Date().toISOString().slice(0, 10))
  const summaries = await sync(today)
  expect(summaries.map(({ feed }) => [feed.state, feed.rowsIn, feed.rejected])).toEqual([
    ['applied', 1, 0],
    ['applied', 1, 0],
  ])
  const desk = await system.client('telco-a', 'desk')
  const { data: filed } = await desk.POST('/v1/cases', {
    params: { header: freshKey() },
    body: { imeis: [phone], reason: 'stolen', ...(await system.claimant('telco-a', owner)) },
  })
  expect(filed?.state).toBe('blocked')
  expect(filed?.provisionalUntil).toBe(new Date(endOfDay(addDays(today, 14), zone())).toISOString())
  const { rows } = await system.query('SELECT day::text FROM daily_budget')
  expect(rows).toEqual([{ day: today }])

  // Use on the day of the block may have been before it: no telco is accused of a lapse.
  const lapses = await desk.GET('/v1/enforcement', { params: { query: { caseId: filed?.id ?? '' } } })
  expect(lapses.data?.telcos.every(({ lastSeen }) => lastSeen === undefined)).toBe(true)
  expect((await system.registry.verifyDatabase()).every((line) => line.startsWith('agree'))).toBe(true)
})

test('a phone used on a day after the block is a lapse, and tomorrow lies outside of every feed', async () => {
  await system.query(`UPDATE block_case SET blocked_at = blocked_at - interval '1 day'`)
  const desk = await system.client('telco-a', 'desk')
  const { data } = await desk.GET('/v1/cases', { params: { query: {} } })
  const caseId = data?.items[0]?.id ?? ''
  const report = await desk.GET('/v1/enforcement', { params: { query: { caseId } } })
  expect(report.data?.telcos.find(({ telco }) => telco === 'telco-a')?.lastSeen).toBe(today)
  const summaries = await sync(addDays(today, 1))
  expect(summaries.at(-1)?.feed).toMatchObject({ rejected: 1, rejectsByCode: { 'day-outside-period': 1 } })
})
