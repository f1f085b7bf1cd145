import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Customer, freshKey, startTestSystem, type TestSystem } from './harness.ts'

const owner: Customer = { msisdn: '60123456701', nationalId: '900101145678', imsi: '502121234567801' }
let system: TestSystem

beforeAll(async () => {
  // Blocks lapse at once, and the worker looks often.
  system = await startTestSystem(inject('postgresUrl'), {
    PCBS_PROVISIONAL_PERIOD_MS: '0',
    PCBS_EXPIRY_INTERVAL_MS: '50',
  })
  await system.feed('telco-a', [
    { customer: owner, imei: '352099001761481' },
    { customer: owner, imei: '357613004448485' },
  ])
})
afterAll(() => system.stop())

test('a provisional block without a police report ends by itself; with one it stays', async () => {
  const desk = await system.client('telco-a', 'desk')
  const report = async (imei: string, policeReport?: string) => {
    const claimant = await system.claimant('telco-a', owner)
    const body = {
      imeis: [imei],
      reason: 'stolen' as const,
      ...claimant,
      ...(policeReport && { policeReport }),
    }
    return (await desk.POST('/v1/cases', { params: { header: freshKey() }, body })).data?.id ?? ''
  }
  const lasting = await report('357613004448485', 'KL/TRAVERS/012345/26')
  const provisional = await report('352099001761481')
  const stateOf = async (caseId: string) =>
    (await desk.GET('/v1/cases/{caseId}', { params: { path: { caseId } } })).data?.state
  while ((await stateOf(provisional)) === 'blocked') await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await stateOf(provisional)).toBe('expired')
  expect(await stateOf(lasting)).toBe('blocked')
  const history = await desk.GET('/v1/cases/{caseId}/events', { params: { path: { caseId: provisional } } })
  expect(history.data?.items.at(-1)).toMatchObject({ event: 'expire', actor: 'system' })
})
