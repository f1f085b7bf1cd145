import type { Schemas } from '@pcbs/contract'
import { addDays } from '@pcbs/core'
import { withClient } from '@pcbs/dev-nation'
import type { RegistryClient } from '@pcbs/sdk'
import { encodeToken, makeToken } from '@pcbs/seal'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Customer, codesOf, freshKey, startTestSystem, type TestSystem, today } from './harness.ts'

const aminah: Customer = { msisdn: '60123456701', nationalId: '900101145678', imsi: '502121234567801' }
const badrul: Customer = { msisdn: '60123456702', nationalId: '850505105555', imsi: '502121234567802' }
const chong: Customer = { msisdn: '60123456703', nationalId: '770305021234', imsi: '502121234567803' }
const cloned = '352099001761481'
const sold = '357613004448485'
const [first, second, third] = ['352099130000017', '352099130000025', '352099130000033']
const ofListedModel = '352099140000015'

let system: TestSystem
let desk: RegistryClient
let officer: string

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'), { PCBS_EXPIRY_INTERVAL_MS: '50' })
  desk = await system.client('telco-a', 'desk')
  officer = await system.officerToken()
  await system.feed('telco-a', [
    { customer: aminah, imei: cloned },
    { customer: badrul, imei: cloned },
    { customer: aminah, imei: sold, day: addDays(today, -4) },
    { customer: badrul, imei: sold },
    ...[first, second, third].map((imei) => ({ customer: chong, imei })),
  ])
})

afterAll(() => system.stop())

/** Sets a budget of telco A, and has the API read its telcos anew at once. */
async function setBudget(column: string, amount: number): Promise<void> {
  await withClient(system.registry.ownerUrl, (client) =>
    client.query(`UPDATE telco SET ${column} = $1 WHERE code = 'telco-a'`, [amount]),
  )
  await system.registry.programs.api.stop()
  await system.registry.startApi()
}

async function report(customer: Customer, imeis: string[], extra: Partial<Schemas['NewCase']> = {}) {
  return desk.POST('/v1/cases', {
    params: { header: freshKey() },
    body: { imeis, reason: 'stolen', ...(await system.claimant('telco-a', customer)), ...extra },
  })
}

async function filed(customer: Customer, imeis: string[], extra: Partial<Schemas['NewCase']> = {}) {
  const { data } = await report(customer, imeis, extra)
  if (!data) throw new Error('the report was refused')
  return data
}

async function decide(caseId: string, body: object) {
  const answer = await fetch(`${system.registry.apiUrl}/v1/cases/${caseId}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${officer}`, 'content-type': 'application/json', ...freshKey() },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Schemas['Case'] & Schemas['Problem'] }
}

async function sim(customer: Customer): Promise<Schemas['ListException']> {
  return {
    telco: 'telco-a',
    imsi: encodeToken(makeToken(await system.key('telco-a'), 'imsi', customer.imsi)),
  }
}

/** What the newest change of the list says of a phone. */
async function listed(imei: string): Promise<{ status: string; exceptions: number; reason: unknown }> {
  const { rows } = await system.query(
    `SELECT status, jsonb_array_length(exceptions) AS exceptions, reason FROM list_change
     WHERE imei = ${Number(imei.slice(0, 14))} ORDER BY seq DESC LIMIT 1`,
  )
  return rows[0] as { status: string; exceptions: number; reason: unknown }
}

async function publicStatus(imei: string): Promise<string> {
  const response = await fetch(`${system.registry.apiUrl}/v1/public-checks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imei }),
  })
  return response.text()
}

describe('an exception', () => {
  test('belongs to its case: another case does not take it away, and it goes with its own', async () => {
    const one = await filed(aminah, [cloned])
    expect(
      await decide(one.id, { event: 'change_exceptions', exceptions: [await sim(aminah)] }),
    ).toMatchObject({
      status: 201,
      body: { state: 'blocked', exceptions: [await sim(aminah)] },
    })
    const other = await filed(badrul, [cloned], { reason: 'lost' })
    expect(other).toMatchObject({ state: 'blocked', exceptions: [] })
    expect(await listed(cloned)).toEqual({ status: 'PROHIBITED', exceptions: 1, reason: 'stolen' })
    await decide(other.id, { event: 'release' })
    expect(await listed(cloned)).toEqual({ status: 'PROHIBITED', exceptions: 1, reason: 'stolen' })

    const again = await filed(badrul, [cloned], { reason: 'lost' })
    await decide(one.id, { event: 'release' })
    expect(await listed(cloned)).toEqual({ status: 'PROHIBITED', exceptions: 0, reason: 'lost' })
    await decide(again.id, { event: 'release' })
    expect(await listed(cloned)).toMatchObject({ status: 'PERMITTED' })
  })

  test('is shown to the telco whose SIM it is, and its token to no other', async () => {
    const { id } = await filed(aminah, [cloned])
    const bytes = makeToken(await system.key('telco-b'), 'imsi', chong.imsi)
    const foreign = { telco: 'telco-b', imsi: encodeToken(bytes) }
    const changed = await decide(id, { event: 'change_exceptions', exceptions: [await sim(aminah), foreign] })
    expect(changed.body.exceptions).toEqual([await sim(aminah), foreign])
    const path = { caseId: id }
    const { data } = await desk.GET('/v1/cases/{caseId}', { params: { path } })
    expect(data?.exceptions).toEqual([await sim(aminah)])
    const { data: history } = await desk.GET('/v1/cases/{caseId}/events', { params: { path } })
    expect(history?.items.at(-1)?.exceptions).toEqual([await sim(aminah)])
    await decide(id, { event: 'release' })
  })

  test('is taken by the events that say so, shown in case and history, and refused by every other', async () => {
    const { id } = await filed(aminah, [cloned])
    await decide(id, { event: 'dispute' })
    const kept = await decide(id, { event: 'keep', exceptions: [await sim(badrul), await sim(aminah)] })
    expect(kept.body.exceptions).toHaveLength(2)
    expect(await listed(cloned)).toMatchObject({ exceptions: 2 })
    for (const event of ['dispute', 'request_release', 'release']) {
      const refused = await decide(id, { event, exceptions: [await sim(chong)] })
      expect(refused.status).toBe(400)
      expect(codesOf(refused.body)).toEqual(['not-taken'])
    }
    for (const [event, field] of [
      ['release', 'arePapersAccepted'],
      ['dispute', 'areClonesAccepted'],
    ] as const)
      expect(codesOf((await decide(id, { event, [field]: true })).body)).toEqual(['not-taken'])
    expect(codesOf((await decide(id, { event: 'change_exceptions' })).body)).toEqual(['missing'])
    const path = { caseId: id }
    const { data: history } = await desk.GET('/v1/cases/{caseId}/events', { params: { path } })
    expect(history?.items.map(({ event, exceptions }) => [event, exceptions?.length])).toEqual([
      ['report', undefined],
      ['verify', undefined],
      ['block', undefined],
      ['dispute', undefined],
      ['keep', 2],
    ])
    expect((await decide(id, { event: 'change_exceptions', exceptions: [] })).body.exceptions).toEqual([])
    expect(await listed(cloned)).toMatchObject({ status: 'PROHIBITED', exceptions: 0 })
    await decide(id, { event: 'release' })
  })
})

describe('a decision', () => {
  test('over a phone that another customer used later waits for an officer: a seller cuts no buyer off', async () => {
    const { id, state, review } = await filed(aminah, [sold])
    expect(state).toBe('reported')
    expect(review.map(({ code }) => code)).toEqual(['used-later-by-another'])
    const path = { caseId: id }
    const verified = await desk.POST('/v1/cases/{caseId}/events', {
      params: { path, header: freshKey() },
      body: { event: 'verify' },
    })
    expect(codesOf(verified.error)).toEqual(['used-later-by-another'])
    expect(await publicStatus(sold)).toBe('{"status":"not blocked"}')
    expect((await decide(id, { event: 'verify' })).body.state).toBe('verified')
    await decide(id, { event: 'withdraw' })
  })

  test('spends the telco’s budget by phone, and of several at once no more than there is', async () => {
    const { rows } = await system.query(
      `SELECT coalesce(sum(used), 0) AS used FROM daily_budget WHERE purpose = 'block'`,
    )
    await setBudget('block_budget_per_day', Number(rows[0]?.used) + 2)
    const together = await filed(chong, [first, second, third])
    expect(together.review.map(({ code }) => code)).toEqual(['block-budget-spent'])
    const cases = await Promise.all([first, second, third].map((imei) => filed(chong, [imei])))
    expect(cases.map(({ state }) => state).toSorted()).toEqual(['blocked', 'blocked', 'verified'])
    await setBudget('block_budget_per_day', 10_000)
    for (const { id, state } of cases)
      await decide(id, { event: state === 'blocked' ? 'release' : 'withdraw' })
  })

  test('that names a claimant who is not the one that reported is refused, whatever the event', async () => {
    const { id } = await filed(aminah, [cloned])
    const refused = await desk.POST('/v1/cases/{caseId}/events', {
      params: { path: { caseId: id }, header: freshKey() },
      body: { event: 'request_release', ...(await system.claimant('telco-a', badrul)) },
    })
    expect(codesOf(refused.error)).toEqual(['claimant-not-confirmed'])
    await decide(id, { event: 'release' })
  })
})

test.each(['request_release', 'dispute'])(
  'a provisional block ends by itself after %s too',
  async (event) => {
    const { id } = await filed(aminah, [cloned])
    await decide(id, { event })
    await system.query(`UPDATE block_case SET provisional_until = now() WHERE id = '${id}'`)
    const state = async () => {
      const { data } = await desk.GET('/v1/cases/{caseId}', { params: { path: { caseId: id } } })
      return data?.state
    }
    await expect.poll(state, { timeout: 20_000 }).toBe('expired')
    expect(await listed(cloned)).toMatchObject({ status: 'PERMITTED' })
  },
)

describe('the enforcement report', () => {
  test('of a case that never blocked says nothing of what other cases did', async () => {
    const earlier = await filed(aminah, [cloned])
    await decide(earlier.id, { event: 'release' })
    const foreign = await system.client('telco-b', 'desk')
    const { data: waiting } = await foreign.POST('/v1/cases', {
      params: { header: freshKey() },
      body: { imeis: [cloned], reason: 'lost', ...(await system.claimant('telco-b', chong)) },
    })
    expect(waiting?.state).toBe('reported')
    const query = { caseId: waiting?.id ?? '' }
    const { data } = await foreign.GET('/v1/enforcement', { params: { query } })
    expect(data).toEqual({ caseId: query.caseId, state: 'reported', telcos: [] })
    // And whoever else guesses the case's id learns no more of it than that it is not theirs.
    const disputed = await desk.POST('/v1/cases/{caseId}/events', {
      params: { path: query, header: freshKey() },
      body: { event: 'dispute' },
    })
    expect(disputed.response.status).toBe(404)
  })

  test('proves a block by what an edge has since the phone is listed, and nothing once it is taken off', async () => {
    const edge = await system.client('telco-a', 'edge')
    const acknowledge = (seq: number) =>
      edge.POST('/v1/enforcement/acknowledgements', { body: { edge: 'edge-1', seq } })
    const reportOf = async (caseId: string) => {
      const { data } = await desk.GET('/v1/enforcement', { params: { query: { caseId } } })
      return { seq: data?.seq, isEnforced: data?.telcos.find(({ telco }) => telco === 'telco-a')?.isEnforced }
    }
    const one = await filed(aminah, [cloned])
    const { seq = 0 } = await reportOf(one.id)
    await acknowledge(seq)
    expect(await reportOf(one.id)).toEqual({ seq, isEnforced: true })
    // The second case finds the phone listed: what proved the first proves it too.
    const other = await filed(badrul, [cloned])
    expect(await reportOf(other.id)).toEqual({ seq, isEnforced: true })
    await decide(one.id, { event: 'release' })
    expect(await reportOf(other.id)).toEqual({ seq, isEnforced: true })
    // The first is over and asks for the phone to be free, which the second does not let it be.
    expect(await reportOf(one.id)).toEqual({ seq: undefined, isEnforced: false })
    // A database that lost the phone from its list proves nothing, whatever edges acknowledged.
    await decide(other.id, { event: 'release' })
    const { seq: off = 0 } = await reportOf(other.id)
    expect(off).toBeGreaterThan(seq)
    expect(await reportOf(other.id)).toEqual({ seq: off, isEnforced: false })
    await acknowledge(off)
    expect(await reportOf(other.id)).toEqual({ seq: off, isEnforced: true })
  })
})

describe('a range of models', () => {
  test('counts in public checks and in look-ups, with whom to contest', async () => {
    expect(await publicStatus(ofListedModel)).toBe('{"status":"not blocked"}')
    const other = await system.officerToken('officer-2')
    const post = async (path: string, token: string, body?: object) => {
      const answer = await fetch(`${system.registry.apiUrl}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...freshKey() },
        ...(body && { body: JSON.stringify(body) }),
      })
      return (await answer.json()) as { id: string }
    }
    const range = { from: '35209914', to: '35209915', reason: 'fraud' }
    const put = async (status: string) => {
      const { id } = await post('/v1/tac-ranges', officer, { ...range, status })
      await post(`/v1/tac-ranges/${id}/approval`, other)
      return id
    }
    const id = await put('PROHIBITED')
    expect(await publicStatus(ofListedModel)).toBe('{"status":"blocked"}')
    const { data } = await desk.POST('/v1/block-lookups', { body: { imei: ofListedModel } })
    expect(data).toMatchObject({
      status: 'blocked',
      organisation: 'The regulator',
      reason: 'fraud',
      rangeId: id,
      contest: expect.stringContaining('35209914 to 35209915'),
    })
    await put('TRACKING')
    expect(await publicStatus(ofListedModel)).toBe('{"status":"not blocked"}')
    await put('PERMITTED')
    expect((await desk.POST('/v1/block-lookups', { body: { imei: ofListedModel } })).data).toEqual({
      status: 'not blocked',
    })
  })

  test('of everybody who blocks a phone, all are named', async () => {
    const one = await filed(aminah, [cloned])
    const other = await filed(badrul, [cloned])
    const { data } = await desk.POST('/v1/block-lookups', { body: { imei: cloned } })
    expect(data?.holders?.map(({ caseId }) => caseId)).toEqual([one.id, other.id])
    for (const { id } of [one, other]) await decide(id, { event: 'release' })
  })
})

describe('a claimant’s phones', () => {
  const lookUp = async (customer: Customer, change: object = {}) =>
    desk.POST('/v1/phone-lookups', { body: { ...(await system.claimant('telco-a', customer)), ...change } })

  test('are told to who is the owner of the subscription, and a case can be filed on all of them', async () => {
    const { data } = await lookUp(chong)
    expect(data?.items.map(({ imei, lastSeen }) => [imei, lastSeen])).toEqual(
      expect.arrayContaining([first, second, third].map((imei) => [imei, today])),
    )
    const { id, state } = await filed(chong, data?.items.map(({ imei }) => imei) ?? [])
    expect(state).toBe('blocked')
    await decide(id, { event: 'release' })
  })

  test('are told to nobody else, and asking stands in the log and in the owner’s history', async () => {
    const { ownerTag, subscription } = await system.claimant('telco-a', chong)
    const refused = await lookUp(chong, { ownerTag: (ownerTag + 1) % 1024 })
    expect(refused.response.status).toBe(403)
    expect(codesOf(refused.error)).toEqual(['claimant-not-confirmed'])
    const stranger = await lookUp({ ...chong, msisdn: '60123456799' })
    expect(codesOf(stranger.error)).toEqual(['claimant-not-confirmed'])
    const outcomes = async () => {
      const { data } = await desk.POST('/v1/subscription-histories', {
        body: { subscriptions: [subscription] },
      })
      return data?.items.flatMap(
        ({ content }) => /type phones-looked-up[\s\S]*outcome (\w+)/.exec(content)?.[1] ?? [],
      )
    }
    await expect.poll(outcomes, { timeout: 20_000 }).toEqual(['answered', 'refused'])
  })

  test('are told as often in a day as the budget gives', async () => {
    const { rows } = await system.query(`SELECT used FROM daily_budget WHERE purpose = 'phone-lookup'`)
    await setBudget('phone_lookup_budget_per_day', Number(rows[0]?.used) + 1)
    expect((await lookUp(chong)).response.status).toBe(200)
    const spent = await lookUp(chong)
    expect(spent.error?.type).toBe('urn:pcbs:problem:budget-spent')
    expect(Number(spent.response.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('pcbs db verify', () => {
  test('finds a database that agrees with itself', async () => {
    const said = await system.registry.verifyDatabase()
    for (const line of said) expect(line).toMatch(/^agree {2}/)
  })

  const someCase = `(SELECT id FROM block_case WHERE state = 'released' ORDER BY id LIMIT 1)`

  test.each([
    {
      fault: 'a phone that no case holds',
      meddle: `INSERT INTO list_entry VALUES (35209915000001, 'PROHIBITED', '[]', 1)`,
      mend: 'DELETE FROM list_entry WHERE imei = 35209915000001',
      differ: 'the list and the cases',
    },
    {
      fault: 'a case that was moved behind its history',
      meddle: `UPDATE block_case SET state = 'expired' WHERE id = ${someCase}`,
      mend: `UPDATE block_case SET state = 'released' WHERE state = 'expired' AND provisional_until > now()`,
      differ: 'cases, their histories and the transparency log',
    },
    {
      fault: 'an exception that no event set',
      meddle: `INSERT INTO case_exception SELECT ${someCase}, 1, '00000000-0000-0000-0000-000000000001', 1`,
      mend: `DELETE FROM case_exception WHERE imsi = '00000000-0000-0000-0000-000000000001'`,
      differ: 'cases, their histories and the transparency log',
    },
    {
      fault: 'a budget that was set back',
      meddle: `UPDATE daily_budget SET used = used - 1 WHERE purpose = 'block'`,
      mend: `UPDATE daily_budget SET used = used + 1 WHERE purpose = 'block'`,
      differ: 'budgets of blocks and what was blocked',
    },
    {
      fault: 'an edge that is ahead of the list',
      meddle: 'UPDATE edge SET seq = seq + 1000000',
      mend: 'UPDATE edge SET seq = seq - 1000000',
      differ: 'edges and what they acknowledged',
    },
    {
      fault: 'a head of another history',
      meddle: `UPDATE list_head SET seq = seq + 1`,
      mend: `UPDATE list_head SET seq = seq - 1`,
      differ: 'the head and the changes',
    },
  ])('finds $fault', async ({ meddle, mend, differ }) => {
    await system.query(meddle)
    await expect(system.registry.verifyDatabase()).rejects.toThrow(`DIFFER  ${differ}`)
    await system.query(mend)
    expect((await system.registry.verifyDatabase()).every((line) => line.startsWith('agree'))).toBe(true)
  })
})
