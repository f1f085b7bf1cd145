import type { Schemas } from '@pcbs/contract'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Customer, codesOf, freshKey, startTestSystem, type TestSystem } from './harness.ts'

const aminah: Customer = { msisdn: '60123456701', nationalId: '900101145678', imsi: '502121234567801' }
const badrul: Customer = { msisdn: '60123456702', nationalId: '850505105555', imsi: '502121234567802' }
const phone = '352099001761481'
const secondPhone = '357613004448485'

let system: TestSystem

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
  const fed = await system.feed('telco-a', [
    { customer: aminah, imei: phone },
    { customer: aminah, imei: secondPhone },
    { customer: badrul, imei: '490154203237518' },
  ])
  expect(fed.map(({ feed }) => feed.state)).toEqual(['applied', 'applied'])
})

afterAll(() => system.stop())

async function report(customer: Customer, imeis: string[], extra: Partial<Schemas['NewCase']> = {}) {
  const desk = await system.client('telco-a', 'desk')
  return desk.POST('/v1/cases', {
    params: { header: freshKey() },
    body: { imeis, reason: 'stolen', ...(await system.claimant('telco-a', customer)), ...extra },
  })
}

async function publicStatus(imei: string): Promise<string> {
  const response = await fetch(`${system.registry.apiUrl}/v1/public-checks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imei }),
  })
  return response.text()
}

describe('a case', () => {
  test('of a phone seen on the claimant’s own subscription blocks at once, and is released to its owner', async () => {
    const { data: filed } = await report(aminah, [phone])
    expect(filed).toMatchObject({
      state: 'blocked',
      imeis: [phone],
      review: [],
      blastRadius: { subscriptions: 1 },
    })
    expect(filed?.provisionalUntil).toBeDefined()
    expect(await publicStatus(phone)).toBe('{"status":"blocked"}')
    if (!filed) return

    const desk = await system.client('telco-a', 'desk')
    const path = { caseId: filed.id }
    const requested = await desk.POST('/v1/cases/{caseId}/events', {
      params: { path, header: freshKey() },
      body: { event: 'request_release' },
    })
    expect(requested.data?.state).toBe('release_requested')
    const byStranger = await desk.POST('/v1/cases/{caseId}/events', {
      params: { path, header: freshKey() },
      body: { event: 'release', ...(await system.claimant('telco-a', badrul)) },
    })
    expect(codesOf(byStranger.error)).toEqual(['claimant-not-confirmed'])
    const released = await desk.POST('/v1/cases/{caseId}/events', {
      params: { path, header: freshKey() },
      body: { event: 'release', ...(await system.claimant('telco-a', aminah)) },
    })
    expect(released.data?.state).toBe('released')
    expect(await publicStatus(phone)).toBe('{"status":"not blocked"}')
    const history = await desk.GET('/v1/cases/{caseId}/events', { params: { path } })
    expect(history.data?.items.map(({ event }) => event)).toEqual([
      'report',
      'verify',
      'block',
      'request_release',
      'release',
    ])
  })

  test('of somebody else’s phone waits, and no second attempt blocks it', async () => {
    const { data: filed } = await report(badrul, [secondPhone])
    expect(filed?.state).toBe('reported')
    expect(filed?.review.map(({ code }) => code)).toEqual(['ownership-not-proven'])
    if (!filed) return
    const desk = await system.client('telco-a', 'desk')
    const verified = await desk.POST('/v1/cases/{caseId}/events', {
      params: { path: { caseId: filed.id }, header: freshKey() },
      body: { event: 'verify' },
    })
    expect(verified.response.status).toBe(409)
    expect(codesOf(verified.error)).toEqual(['ownership-not-proven'])
    expect(await publicStatus(secondPhone)).toBe('{"status":"not blocked"}')
  })

  test('that adds somebody else’s phone to one’s own proves nothing for either', async () => {
    const { data: filed } = await report(aminah, [secondPhone, '490154203237518'])
    expect(filed?.state).toBe('reported')
  })

  test('that an officer verifies on papers can be blocked', async () => {
    const { data: filed } = await report(badrul, [secondPhone])
    const token = await system.officerToken()
    const send = (body: object, key = freshKey()) =>
      fetch(`${system.registry.apiUrl}/v1/cases/${filed?.id}/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...key },
        body: JSON.stringify(body),
      })
    const verified = await send({ event: 'verify', arePapersAccepted: true })
    expect(verified.status).toBe(201)
    expect(await verified.json()).toMatchObject({ state: 'verified' })
    const stale = await fetch(`${system.registry.apiUrl}/v1/cases/${filed?.id}/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'if-match': '"1"',
        ...freshKey(),
      },
      body: JSON.stringify({ event: 'block' }),
    })
    expect(stale.status).toBe(412)
    expect(await (await send({ event: 'block' })).json()).toMatchObject({ state: 'blocked' })
    expect(await (await send({ event: 'release' })).json()).toMatchObject({ state: 'released' })
  })

  test('sent twice under one key is filed once; the key with another body is refused', async () => {
    const desk = await system.client('telco-a', 'desk')
    const header = freshKey()
    const body = {
      imeis: [secondPhone],
      reason: 'lost' as const,
      ...(await system.claimant('telco-a', badrul)),
    }
    const tries = await Promise.all([1, 2, 3].map(() => desk.POST('/v1/cases', { params: { header }, body })))
    expect(new Set(tries.map(({ data }) => data?.id)).size).toBe(1)
    const other = await desk.POST('/v1/cases', { params: { header }, body: { ...body, reason: 'stolen' } })
    expect(other.response.status).toBe(409)
    expect(other.error?.type).toBe('urn:pcbs:problem:idempotency-conflict')
  })

  test('of an IMEI that many phones share is refused and names the reason', async () => {
    const { error, response } = await report(aminah, ['004999010640000'])
    expect(response.status).toBe(422)
    expect(codesOf(error)).toEqual(['shared-placeholder'])
  })

  test('of another telco is not there', async () => {
    const { data: filed } = await report(aminah, [phone])
    const foreign = await system.client('telco-b', 'desk')
    const path = { caseId: filed?.id ?? '' }
    expect((await foreign.GET('/v1/cases/{caseId}', { params: { path } })).response.status).toBe(404)
    const withdrawn = await foreign.POST('/v1/cases/{caseId}/events', {
      params: { path, header: freshKey() },
      body: { event: 'withdraw' },
    })
    expect(withdrawn.response.status).toBe(404)
    const looked = await foreign.POST('/v1/block-lookups', { body: { imei: phone } })
    expect(looked.data).toMatchObject({ status: 'blocked', organisation: 'Telco A', reason: 'stolen' })
    const disputed = await foreign.POST('/v1/cases/{caseId}/events', {
      params: { path, header: freshKey() },
      body: { event: 'dispute' },
    })
    expect(disputed.data).toMatchObject({ state: 'disputed', imeis: [] })
  })
})

describe('the list', () => {
  test('wakes who waits for it, signs what it says, and proves who enforces it', async () => {
    const edge = await system.client('telco-a', 'edge')
    const before = await edge.GET('/v1/block-list/changes', { params: { query: { after: 0 } } })
    const after = before.data?.head.seq ?? 0
    const waiting = edge.GET('/v1/block-list/changes', { params: { query: { after, waitSeconds: 30 } } })
    const { data: filed } = await report(badrul, ['490154203237518'])
    const { data: woken } = await waiting
    expect(woken?.changes).toMatchObject([{ seq: after + 1, imei: '49015420323751', status: 'PROHIBITED' }])
    await edge.POST('/v1/enforcement/acknowledgements', { body: { edge: 'edge-1', seq: after + 1 } })
    const desk = await system.client('telco-a', 'desk')
    const { data: enforced } = await desk.GET('/v1/enforcement', {
      params: { query: { caseId: filed?.id ?? '' } },
    })
    expect(enforced?.telcos).toMatchObject([
      { telco: 'telco-a', isEnforced: true },
      { telco: 'telco-b', isEnforced: false },
    ])
    const tooFar = await edge.POST('/v1/enforcement/acknowledgements', {
      body: { edge: 'edge-1', seq: 1_000_000 },
    })
    expect(codesOf(tooFar.error)).toEqual(['sequence-unknown'])
  })
})

test('the API’s log holds no number, IMSI, document, IMEI or token', async () => {
  const log = await system.apiLog()
  const { subscription } = await system.claimant('telco-a', aminah)
  for (const secret of [aminah.msisdn, aminah.imsi, aminah.nationalId, phone.slice(0, 14), subscription])
    expect(log).not.toContain(secret)
})
