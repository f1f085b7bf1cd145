import { createPrivateKey, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { paths, Schemas } from '@pcbs/contract'
import { findFreePort } from '@pcbs/dev-nation'
import { expectAnswer, listStart, verifyChanges } from '@pcbs/sdk'
import {
  claimContext,
  claimHash,
  decodeLogEntry,
  makeSealingKey,
  type OpeningPurpose,
  openReleased,
  publicKeyFromRaw,
  type SealingKey,
  sealMessage,
  signStatement,
  statementHash,
} from '@pcbs/seal'
import { listTelcos, openStore, setSuspended } from '@pcbs/store'
import createClient from 'openapi-fetch'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Customer, codesOf, freshKey, startTestSystem, type TestSystem } from './harness.ts'

const basis = 'Communications and Multimedia Act 1998, section 0 (invented)'
const policy = { name: { form: 'sealed', basis }, address: { form: 'sealed', basis } } as const
const victim: Customer = {
  msisdn: '0121110001',
  nationalId: '900101-14-1111',
  imsi: '502121110000001',
  name: 'Invented  Person',
  address: '1 Jalan Tiada, Kuala Lumpur',
}
const other: Customer = { ...victim, msisdn: '0121110002', imsi: '502121110000002', name: 'Another Person' }
let system: TestSystem

type OfficerName = 'officer-1' | 'officer-2'

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'), {}, { policy, secondCustodian: await findFreePort() })
  await system.feed('telco-a', [
    { customer: victim, imei: '352099001761481' },
    { customer: other, imei: '357613004448485' },
  ])
})
afterAll(() => system.stop())

async function api(officer: OfficerName) {
  const authorization = `Bearer ${await system.officerToken(officer)}`
  return createClient<paths>({ baseUrl: system.registry.apiUrl, headers: { authorization } })
}

async function keyOf(officer: OfficerName) {
  return createPrivateKey(await readFile(system.registry.officerKeyFile(officer)))
}

async function fileCase(
  customer: Customer = victim,
  imei = '352099001761481',
  known?: Awaited<ReturnType<TestSystem['claimant']>>,
): Promise<string> {
  const desk = await system.client('telco-a', 'desk')
  const claimant = known ?? (await system.claimant('telco-a', customer))
  const body: Schemas['NewCase'] = { imeis: [imei], reason: 'stolen', ...claimant }
  return expectAnswer(await desk.POST('/v1/cases', { params: { header: freshKey() }, body })).id
}

interface Asked {
  readonly opening: Schemas['Opening']
  readonly recipient: SealingKey
}

async function ask(caseId: string, purpose: OpeningPurpose = 'police-warrant'): Promise<Asked> {
  const officer = await api('officer-1')
  const params = { path: { caseId } }
  const { record } = expectAnswer(await officer.GET('/v1/cases/{caseId}/sealed-record', { params }))
  const recipient = makeSealingKey()
  const at = new Date().toISOString()
  const fields = {
    opening: randomUUID(),
    officer: 'officer-1',
    case: caseId,
    purpose,
    record,
    recipient: recipient.publicKey,
    at,
  }
  const body = signStatement('opening-request', fields, await keyOf('officer-1'))
  return { opening: expectAnswer(await officer.POST('/v1/openings', { body })), recipient }
}

async function approve({ opening }: Asked, by: OfficerName = 'officer-2', key = by) {
  const fields = {
    opening: opening.id,
    officer: by,
    request: statementHash(opening.request.text),
    at: new Date().toISOString(),
  }
  const body = signStatement('opening-approval', fields, await keyOf(key))
  const params = { path: { openingId: opening.id } }
  return (await api(by)).POST('/v1/openings/{openingId}/approval', { params, body })
}

async function release({ opening }: Asked, by: OfficerName = 'officer-1') {
  return (await api(by)).POST('/v1/openings/{openingId}/release', {
    params: { path: { openingId: opening.id } },
  })
}

function readReleased({ opening, recipient }: Asked, released: Schemas['ReleasedRecord']) {
  return openReleased(released, recipient.privateKey, opening.request.text)
}

describe('a sealed record', () => {
  test('opens for two officers, with both custodians, and only at the end of the one who asked', async () => {
    const caseId = await fileCase()
    const asked = await ask(caseId)
    expectAnswer(await approve(asked))
    const released = expectAnswer(await release(asked))
    expect(released.shares.map(({ custodian }) => custodian)).toEqual(['custodian-a', 'custodian-b'])
    const content = { name: 'Invented Person', address: '1 Jalan Tiada, Kuala Lumpur' }
    expect(await readReleased(asked, released)).toEqual(content)
    // Asked for again, as after a broken connection, it is the same and costs no budget.
    expect(await readReleased(asked, expectAnswer(await release(asked)))).toEqual(content)
    // One custodian's share alone opens nothing.
    const [first] = released.shares
    if (!first) throw new Error('no share')
    expect(await readReleased(asked, { ...released, shares: [first] })).toBeUndefined()
    // Nor does anybody else's key.
    expect(await readReleased({ ...asked, recipient: makeSealingKey() }, released)).toBeUndefined()
  })

  test('stays closed without another officer’s approval', async () => {
    const asked = await ask(await fileCase())
    expect((await release(asked)).response.status).toBe(409)
    expect((await approve(asked, 'officer-1')).response.status).toBe(403)
    // Signed with the wrong key it is not kept, and the right one can still come.
    const refused = await approve(asked, 'officer-2', 'officer-1')
    expect(refused.response.status).toBe(403)
    expect(refused.error?.detail).toBe('The approval is not signed by the officer it names.')
    expectAnswer(await approve(asked))
    expectAnswer(await release(asked))
  })

  test('goes to nobody but the officer who asked', async () => {
    const asked = await ask(await fileCase())
    expectAnswer(await approve(asked))
    expect((await release(asked, 'officer-2')).response.status).toBe(403)
  })

  test('cannot be asked for under another record’s name', async () => {
    const caseId = await fileCase()
    const fields = {
      opening: randomUUID(),
      officer: 'officer-1',
      case: caseId,
      purpose: 'court-order',
      record: '00'.repeat(32),
      recipient: makeSealingKey().publicKey,
      at: new Date().toISOString(),
    }
    const body = signStatement('opening-request', fields, await keyOf('officer-1'))
    const { error } = await (await api('officer-1')).POST('/v1/openings', { body })
    expect(codesOf(error)).toEqual(['record-unknown'])
  })

  test('sealed anew since it was asked for opens no more, and the log tells nobody that it did', async () => {
    const phones = [
      { customer: victim, imei: '352099001761481' },
      { customer: other, imei: '357613004448485' },
    ]
    const asked = await ask(await fileCase())
    expectAnswer(await approve(asked))
    await system.feed('telco-a', phones)
    expect((await release(asked)).response.status).toBe(403)
    const params = { path: { openingId: asked.opening.id } }
    const { state } = expectAnswer(await (await api('officer-1')).GET('/v1/openings/{openingId}', { params }))
    expect(state).toBe('approved')
  })

  test('leaves its request, approval and opening in the log, where its subject finds them', async () => {
    const caseId = await fileCase(other, '357613004448485')
    const asked = await ask(caseId)
    expectAnswer(await approve(asked))
    expectAnswer(await release(asked))
    const desk = await system.client('telco-a', 'desk')
    const { subscription } = await system.claimant('telco-a', other)
    const { items } = expectAnswer(
      await desk.POST('/v1/subscription-histories', { body: { subscriptions: [subscription] } }),
    )
    const types = items.map(({ content }) => decodeLogEntry(content)?.type)
    expect(types).toEqual(
      expect.arrayContaining(['case-read', 'opening-requested', 'opening-approved', 'record-opened']),
    )
    // Another subscription's history does not tell of it.
    const mine = await system.claimant('telco-a', victim)
    const history = expectAnswer(
      await desk.POST('/v1/subscription-histories', { body: { subscriptions: [mine.subscription] } }),
    )
    expect(history.items.some(({ content }) => content.includes(caseId))).toBe(false)
  })

  test('is erased at once, and for the custodians in every copy', async () => {
    const erased: Customer = { ...victim, msisdn: '0121110003', imsi: '502121110000003' }
    await system.feed('telco-a', [
      { customer: victim, imei: '352099001761481' },
      { customer: other, imei: '357613004448485' },
      { customer: erased, imei: '490154203237518' },
    ])
    const caseId = await fileCase(erased, '490154203237518')
    const asked = await ask(caseId)
    expectAnswer(await approve(asked))
    const { subscription } = await system.claimant('telco-a', erased)
    const desk = await system.client('telco-a', 'desk')
    expect(
      (await desk.POST('/v1/erasures', { body: { subscriptions: [subscription] } })).response.status,
    ).toBe(204)
    expect((await release(asked)).response.status).toBe(404)
    // Fed again, it lies in the database and opens no more.
    await system.feed('telco-a', [
      { customer: victim, imei: '352099001761481' },
      { customer: other, imei: '357613004448485' },
      { customer: erased, imei: '490154203237518' },
    ])
    const again = await ask(caseId)
    expectAnswer(await approve(again))
    expect((await release(again)).response.status).toBe(410)
  })
})

describe('a claim', () => {
  async function check(msisdn: string, document: string, sign: OfficerName = 'officer-1') {
    const answer = await fetch(`${system.registry.custodianUrl}/v1/sealing-key`)
    const { publicKey } = (await answer.json()) as { publicKey: string }
    const id = randomUUID()
    const claim = await sealMessage(publicKey, Buffer.from(`${msisdn}\n${document}`), claimContext(id))
    const at = new Date().toISOString()
    const fields = { check: id, officer: 'officer-1', telco: 'telco-a', claim: claimHash(claim), at }
    const statement = signStatement('claim-check', fields, await keyOf(sign))
    return (await api('officer-1')).POST('/v1/claim-checks', { body: { statement, claim } })
  }

  test('is answered yes, no or unknown, and nothing is opened', async () => {
    expect((await check('60121110001', 'mykad:900101141111')).data).toEqual({ answer: 'yes' })
    expect((await check('60121110001', 'mykad:910101141111')).data).toEqual({ answer: 'no' })
    expect((await check('60121119999', 'mykad:900101141111')).data).toEqual({ answer: 'number unknown' })
  })

  test('is looked at only for the officer who signed it', async () => {
    const { response } = await check('60121110001', 'mykad:900101141111', 'officer-2')
    expect(response.status).toBe(403)
  })
})

describe('with a custodian down', () => {
  test('blocks take effect and reach the edges, and every opening is refused', async () => {
    const caseId = await fileCase()
    const asked = await ask(caseId)
    expectAnswer(await approve(asked))
    // A desk has its key in memory.
    const claimant = await system.claimant('telco-a', other)
    await system.registry.programs.secondCustodian?.kill()
    expect((await release(asked)).response.status).toBe(503)
    await system.registry.programs.custodian.kill()
    expect((await release(asked)).response.status).toBe(503)
    await fileCase(other, '357613004448485', claimant)
    const desk = await system.client('telco-a', 'desk')
    const { items } = expectAnswer(await desk.GET('/v1/cases', { params: { query: {} } }))
    expect(items[0]?.state).toBe('blocked')
    // And every edge gets it, signed.
    const edge = await system.client('telco-b', 'edge')
    const answer = expectAnswer(await edge.GET('/v1/block-list/changes', { params: { query: { after: 0 } } }))
    const root = publicKeyFromRaw(system.registry.listRoot)
    if (!root) throw new Error('the custodian gave no root key')
    expect(verifyChanges(root, listStart, answer).seq).toBe(answer.changes.length)
    expect(answer.changes.at(-1)).toMatchObject({ imei: '35761300444848', status: 'PROHIBITED' })
  })

  test('a telco is suspended all the same, even where keys were just rotated', async () => {
    await system.registry.startCustodian()
    await system.registry.rotateKeys('tokens')
    const owner = openStore({ url: system.registry.ownerUrl, applicationName: 'test', maxConnections: 1 })
    const telcos = await listTelcos(owner.db)
    const telco = telcos.find(({ code }) => code === 'telco-b')
    if (!telco) throw new Error('telco-b is not there')
    await setSuspended(owner.db, telco.id, true)
    await owner.close()
    const desk = await system.client('telco-b', 'desk')
    for (;;) {
      const { response } = await desk.GET('/v1/cases', { params: { query: {} } })
      if (response.status === 403) break
      expect(response.status).toBe(200)
      await delay(100)
    }
  })
})
