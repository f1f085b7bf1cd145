import { createHash, createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { clientId, findFreePort } from '@pcbs/dev-nation'
import {
  expectAnswer,
  fetchTelcoKeys,
  followLog,
  identifyClaimant,
  syncOnce,
  type TelcoAdapter,
  type TelcoKey,
} from '@pcbs/sdk'
import {
  encodePairingLine,
  encodeToken,
  makeToken,
  openCheckpoint,
  publicKeyFromRaw,
  signManifest,
} from '@pcbs/seal'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Customer, freshKey, home, startTestSystem, type TestSystem, today } from './harness.ts'

const victim: Customer = { msisdn: '0121110001', nationalId: '900101-14-1111', imsi: '502121110000001' }
const imei = '352099001761481'
const otherImei = '357613004448485'
let system: TestSystem
let stateFolder: string

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'), {}, { secondCustodian: await findFreePort() })
  stateFolder = await mkdtemp(join(tmpdir(), 'pcbs-rotation-'))
})
afterAll(async () => {
  await system.stop()
  await rm(stateFolder, { recursive: true })
})

const adapter: TelcoAdapter = {
  async *subscribers() {
    yield { ...victim, isActive: true }
  },
  async *pairings() {
    for (const each of [imei, otherImei])
      yield { imei: each, imsi: victim.imsi, msisdn: victim.msisdn, firstSeen: today, lastSeen: today }
  },
}

async function privateKey() {
  return createPrivateKey(await readFile(system.registry.keyFile('telco-a', 'adapter')))
}

async function keys(): Promise<readonly TelcoKey[]> {
  const { custodianUrl } = system.registry
  return fetchTelcoKeys({
    custodianUrl,
    clientId: clientId('telco-a', 'adapter'),
    privateKey: await privateKey(),
  })
}

async function sync(key: TelcoKey) {
  const listRoot = publicKeyFromRaw(system.registry.listRoot)
  if (!listRoot) throw new Error('the custodian gave no root key')
  return syncOnce({
    client: await system.client('telco-a', 'adapter'),
    key,
    adapter,
    configuration: {
      telco: 'telco-a',
      registryUrl: system.registry.apiUrl,
      privateKey: await privateKey(),
      listRoot,
      stateFolder,
    },
    period: { from: '2020-01-01', to: today },
  })
}

async function report(key: TelcoKey, phone: string) {
  const claimant = identifyClaimant(key, home, victim)
  if (!claimant.ok) throw new Error('a customer of the tests is mistyped')
  const desk = await system.client('telco-a', 'desk')
  return expectAnswer(
    await desk.POST('/v1/cases', {
      params: { header: freshKey() },
      body: { imeis: [phone], reason: 'stolen', ...claimant.value },
    }),
  )
}

/** One part of a feed of pairings under this key, and what the registry said of it. */
async function sendPart(number: number, part: number, key: TelcoKey, phone: string) {
  const text = encodePairingLine({
    mark: '+',
    imei: phone,
    imsiToken: encodeToken(makeToken(key, 'imsi', victim.imsi)),
    subscriptionToken: encodeToken(makeToken(key, 'msisdn', '60121110001')),
    firstSeen: today,
    lastSeen: today,
    isHomeImsi: true,
    rat: '',
  })
  const digest = createHash('sha256').update(text).digest()
  const client = await system.client('telco-a', 'adapter')
  const answer = expectAnswer(
    await client.PUT('/v1/feeds/{kind}/{number}/parts/{part}', {
      params: {
        path: { kind: 'pairings', number, part },
        header: { 'Content-Digest': `sha-256=:${digest.toString('base64')}:` },
      },
      headers: { 'content-type': 'application/vnd.pcbs.feed-part' },
      body: text as never,
      bodySerializer: (body) => body,
    }),
  )
  return { ...answer, digest: digest.toString('hex') }
}

describe('when token keys are rotated', () => {
  test('feeds under way are finished, the next ones send everything anew, and nobody’s case is lost', async () => {
    const [first] = await keys()
    if (!first) throw new Error('the custodian gave no key')
    for (const { feed } of await sync(first)) expect(feed.state).toBe('applied')
    const before = await report(first, imei)
    expect(before).toMatchObject({ state: 'blocked', tokenEpoch: 1 })

    // A feed is half sent when the keys change.
    const client = await system.client('telco-a', 'adapter')
    const opened = expectAnswer(
      await client.POST('/v1/feeds', {
        params: { header: freshKey() },
        body: {
          kind: 'pairings',
          mode: 'delta',
          periodFrom: '2020-01-01',
          periodTo: today,
          policyVersion: 1,
          tokenEpoch: first.epoch,
        },
      }),
    )
    const parts = [await sendPart(opened.number, 1, first, imei)]
    await system.registry.rotateKeys('tokens')
    const [second, former] = await keys()
    expect([second?.epoch, former]).toEqual([2, first])
    if (!second) throw new Error('the custodian gave no key')
    parts.push(await sendPart(opened.number, 2, first, otherImei))
    expect(parts.map(({ rejected }) => rejected)).toEqual([0, 0])
    const manifest = signManifest(
      {
        telco: 'telco-a',
        kind: 'pairings',
        number: opened.number,
        mode: 'delta',
        periodFrom: '2020-01-01',
        periodTo: today,
        policyVersion: 1,
        previous: opened.previousManifest,
        parts: parts.map(({ digest, rowsIn }) => ({ digest, rows: rowsIn })),
      },
      await privateKey(),
    )
    const params = { path: { kind: 'pairings', number: opened.number } } as const
    const closed = expectAnswer(
      await client.POST('/v1/feeds/{kind}/{number}/commit', { params, body: { manifest } }),
    )
    expect(closed).toMatchObject({ state: 'applied', rejected: 0 })

    // The next sync asks for the new key; the registry waits until it knows it, and takes everything anew.
    for (const { feed } of await sync(second))
      expect(feed).toMatchObject({ state: 'applied', mode: 'snapshot', rejected: 0 })
    for (const { feed } of await sync(second))
      expect(feed).toMatchObject({ state: 'applied', mode: 'delta', rowsIn: 0 })
    expect(await report(second, otherImei)).toMatchObject({ state: 'blocked', tokenEpoch: 2 })

    // The owner of a phone that was blocked before is known by the key of that time.
    const desk = await system.client('telco-a', 'desk')
    const move = async (event: 'request_release' | 'release', key: TelcoKey) => {
      const claimant = identifyClaimant(key, home, victim)
      if (!claimant.ok) throw new Error('a customer of the tests is mistyped')
      return desk.POST('/v1/cases/{caseId}/events', {
        params: { path: { caseId: before.id }, header: freshKey() },
        body: { event, ...claimant.value },
      })
    }
    expectAnswer(await move('request_release', first))
    expect((await move('release', second)).response.status).toBe(409)
    expect(expectAnswer(await move('release', first)).state).toBe('released')

    // To be forgotten is to be forgotten under every key, and so is one's history under every key.
    const tokenOf = (key: TelcoKey) => {
      const claimant = identifyClaimant(key, home, victim)
      if (!claimant.ok) throw new Error('a customer of the tests is mistyped')
      return claimant.value.subscription
    }
    const erase = async (subscriptions: string[]) =>
      (await desk.POST('/v1/erasures', { body: { subscriptions } })).response.status
    expect(await erase([tokenOf(second)])).toBe(400)
    expect(await erase([tokenOf(second), tokenOf(second)])).toBe(400)
    expect(await erase([tokenOf(second), tokenOf(first)])).toBe(204)
    const { items } = expectAnswer(
      await desk.POST('/v1/subscription-histories', {
        body: { subscriptions: [tokenOf(first), tokenOf(second)] },
      }),
    )
    expect(items.some(({ content }) => content.includes(before.id))).toBe(true)
  })

  test('the log’s key is followed to the next one, and back to none before', async () => {
    const client = await system.client('telco-a', 'adapter')
    const listRoot = publicKeyFromRaw(system.registry.listRoot)
    if (!listRoot) throw new Error('the custodian gave no root key')
    const { apiUrl: registryUrl } = system.registry
    const follower = { telco: 'telco-a', registryUrl, privateKey: await privateKey(), listRoot, stateFolder }
    const origin = `${new URL(registryUrl).host}/pcbs-log`
    const { note: former } = expectAnswer(await client.GET('/v1/log/checkpoint'))
    expect(openCheckpoint(former, origin, listRoot)?.keyEpoch).toBe(1)
    await system.registry.rotateKeys('log')
    const [key] = await keys()
    if (!key) throw new Error('the custodian gave no key')
    for (;;) {
      await report(key, imei)
      const { note } = expectAnswer(await client.GET('/v1/log/checkpoint'))
      if (openCheckpoint(note, origin, listRoot)?.keyEpoch === 2) break
      await delay(50)
    }
    await followLog(client, follower)
    for (const { feed } of await sync(key)) expect(feed.state).toBe('applied')
    // Whoever has the old key signs nothing that a telco takes any more.
    const replaying = {
      ...client,
      GET: (path: string, options: never) =>
        path === '/v1/log/checkpoint'
          ? Promise.resolve({ data: { note: former }, response: new Response() })
          : client.GET(path as never, options),
    } as typeof client
    await expect(followLog(replaying, follower)).rejects.toMatchObject({ code: 'log-forked' })
  })

  test('a delta of the old generation is asked for as a snapshot', async () => {
    const client = await system.client('telco-a', 'adapter')
    const period = { periodFrom: '2020-01-01', periodTo: today }
    const body = { kind: 'pairings', mode: 'delta', ...period, policyVersion: 1, tokenEpoch: 1 } as const
    const { error } = await client.POST('/v1/feeds', { params: { header: freshKey() }, body })
    expect(error?.type).toBe('urn:pcbs:problem:snapshot-needed')
  })
})
