import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { Schemas } from '@pcbs/contract'
import type { RegistryClient } from '@pcbs/sdk'
import {
  encodePairingLine,
  encodeToken,
  type FeedManifest,
  makeToken,
  openReceipt,
  publicKeyFromRaw,
  signManifest,
  type TelcoKey,
} from '@pcbs/seal'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Customer, startTestSystem, type TestSystem, today } from './harness.ts'

let system: TestSystem
let adapter: RegistryClient
let key: TelcoKey

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
  adapter = await system.client('telco-a', 'adapter')
  key = await system.key('telco-a')
})
afterAll(() => system.stop())

const pairing = (index: number, imei = `3520990017${String(index).padStart(4, '0')}`) =>
  encodePairingLine({
    mark: '+',
    imei,
    imsiToken: encodeToken(makeToken(key, 'imsi', `50212${index}`)),
    subscriptionToken: encodeToken(makeToken(key, 'msisdn', `6012${index}`)),
    firstSeen: today,
    lastSeen: today,
    isHomeImsi: true,
    rat: '',
  })

const pairings = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => pairing(from + index)).join('')

async function open(mode: 'snapshot' | 'delta' = 'snapshot') {
  const { data, error } = await adapter.POST('/v1/feeds', {
    params: { header: { 'Idempotency-Key': randomUUID() } },
    body: { kind: 'pairings', mode, periodFrom: '2020-01-01', periodTo: today, policyVersion: 1 },
  })
  if (!data) throw new Error(error.title)
  return data
}

const sha256 = (text: string) => createHash('sha256').update(text)

async function put(number: number, part: number, text: string, digestOf = text) {
  return adapter.PUT('/v1/feeds/{kind}/{number}/parts/{part}', {
    params: {
      path: { kind: 'pairings', number, part },
      header: { 'Content-Digest': `sha-256=:${sha256(digestOf).digest('base64')}:` },
    },
    headers: { 'content-type': 'application/vnd.pcbs.feed-part', 'content-encoding': 'gzip' },
    body: gzipSync(text) as never,
    bodySerializer: (bytes) => bytes,
  })
}

/** The manifest of these parts; anything can be made other than it should be. */
async function manifestOf(number: number, parts: readonly string[], other: Partial<FeedManifest> = {}) {
  const feed = await adapter.GET('/v1/feeds/{kind}/{number}', {
    params: { path: { kind: 'pairings', number } },
  })
  if (!feed.data) throw new Error('there is no such feed')
  const { mode, periodFrom, periodTo } = feed.data
  return {
    telco: 'telco-a',
    kind: 'pairings',
    number,
    mode,
    periodFrom,
    periodTo,
    policyVersion: 1,
    previous: lastManifest,
    parts: parts.map((text) => ({
      rows: text.split('\n').length - 1,
      digest: sha256(text).digest('hex'),
    })),
    ...other,
  } satisfies FeedManifest
}

/** Hash of the last manifest that the registry took. */
let lastManifest: string | undefined

async function commit(
  number: number,
  parts: readonly string[],
  { key: signer, ...other }: Partial<FeedManifest> & { key?: KeyObject } = {},
) {
  const key = createPrivateKey(await readFile(system.registry.keyFile('telco-a', 'adapter')))
  const manifest = signManifest(await manifestOf(number, parts, other), signer ?? key)
  const answer = await adapter.POST('/v1/feeds/{kind}/{number}/commit', {
    params: { path: { kind: 'pairings', number } },
    body: { manifest },
  })
  if (answer.data) lastManifest = answer.data.manifestHash
  return answer
}

async function liveRows(): Promise<number> {
  const { rows } = await system.query('SELECT count(*) FROM pairing')
  return Number(rows[0]?.count)
}

describe('a feed', () => {
  test('is visible as a whole at its commit and not before; a part sent twice counts once', async () => {
    const { number } = await open()
    const parts = [pairings(0, 50), pairings(50, 80)]
    await Promise.all(
      parts.flatMap((text, index) => [put(number, index + 1, text), put(number, index + 1, text)]),
    )
    expect(await liveRows()).toBe(0)
    const { data } = await commit(number, parts)
    expect(data).toMatchObject({ state: 'applied', rowsIn: 80, accepted: 80, rejected: 0 })
    expect(await liveRows()).toBe(80)
    const again = await commit(number, parts)
    expect(again.data).toEqual(data)
    const root = publicKeyFromRaw(system.registry.listRoot)
    const receipt = root && data?.receipt && openReceipt(root, data.receipt)
    expect(receipt).toMatchObject({ state: 'applied', accepted: 80, manifest: data?.manifestHash })
  })

  test('that is a snapshot ends what it no longer contains', async () => {
    const { number } = await open()
    const parts = [pairings(5, 83)]
    await put(number, 1, parts[0] ?? '')
    expect((await commit(number, parts)).data?.state).toBe('applied')
    expect(await liveRows()).toBe(78)
  })

  test('resumes: opening it again names the parts that are there, a part of a former try is replaced', async () => {
    const opened = await open()
    await put(opened.number, 1, pairings(0, 10))
    await put(opened.number, 2, pairings(10, 90))
    await put(opened.number, 3, pairings(90, 100))
    const resumed = await open()
    expect(resumed.number).toBe(opened.number)
    expect(resumed.partsReceived.map(({ part }) => part)).toEqual([1, 2, 3])
    const parts = [pairings(5, 10), pairings(10, 90)]
    await put(opened.number, 1, parts[0] ?? '')
    const { data } = await commit(opened.number, parts)
    expect(data).toMatchObject({ state: 'applied', rowsIn: 85 })
    expect(await liveRows()).toBe(85)
  })

  test('with a missing, other or damaged part is not applied', async () => {
    const { number } = await open()
    const damaged = await put(number, 1, pairings(0, 5), pairings(0, 6))
    expect(damaged.error?.type).toBe('urn:pcbs:problem:digest-mismatch')
    await put(number, 1, pairings(0, 80))
    const missing = await commit(number, [pairings(0, 80), pairings(80, 90)])
    expect(missing.error?.type).toBe('urn:pcbs:problem:feed-incomplete')
    const other = await commit(number, [pairings(1, 81)])
    expect(other.error?.type).toBe('urn:pcbs:problem:feed-incomplete')
    expect(await liveRows()).toBe(85)
    expect((await commit(number, [pairings(0, 80)])).data?.state).toBe('applied')
  })

  test('is taken only under a manifest that this telco signed for this feed, after the one before it', async () => {
    const { number } = await open()
    const parts = [pairings(0, 80)]
    await put(number, 1, parts[0] ?? '')
    const before = lastManifest
    const wrong: Parameters<typeof commit>[2][] = [
      { key: generateKeyPairSync('ed25519').privateKey },
      { telco: 'telco-b' },
      { kind: 'subscribers' },
      { number: number + 1 },
      { mode: 'delta' },
      { periodTo: '2020-01-01' },
      { policyVersion: 2 },
      { previous: undefined },
      { previous: '0'.repeat(64) },
    ]
    for (const each of wrong)
      expect((await commit(number, parts, each)).error?.type).toBe('urn:pcbs:problem:manifest-invalid')
    expect(lastManifest).toBe(before)
    expect((await commit(number, parts)).data?.state).toBe('applied')
  })

  test('counts every row it refuses, by line and code, and keeps no value', async () => {
    const { number } = await open('delta')
    const secret = '60198765432'
    const bad = [
      pairing(1, '12345'),
      `+,35209900176148,${secret},${secret},${today},${today},H,\n`,
      `+,35209900176148,${secret}\n`,
      '!,msisdn,msisdn-length\n',
      pairing(2).replaceAll(today, '2019-12-31'),
      'Aminah binti Ahmad, 12 Jalan Ampang\n',
    ]
    const parts = [[...bad, pairings(0, 200)].join('')]
    const sent = await put(number, 1, parts[0] ?? '')
    expect(sent.data).toMatchObject({ rowsIn: 206, accepted: 200, rejected: 6 })
    const { data } = await adapter.GET('/v1/feeds/{kind}/{number}/rejects', {
      params: { path: { kind: 'pairings', number }, query: { limit: 4 } },
    })
    expect(data?.items.map(({ line, field, code }) => [line, field, code])).toEqual([
      [1, 'imei', 'imei-length'],
      [2, 'imsi', 'token-format'],
      [3, 'row', 'column-count'],
      [4, 'msisdn', 'msisdn-length'],
    ])
    const rest = await adapter.GET('/v1/feeds/{kind}/{number}/rejects', {
      params: { path: { kind: 'pairings', number }, query: data?.next ? { after: data.next } : {} },
    })
    expect(rest.data?.items.map(({ code }) => code)).toEqual(['day-outside-period', 'column-count'])
    expect(JSON.stringify([data, rest.data])).not.toContain(secret)
    expect(await system.apiLog()).not.toContain(secret)
    // One row lies outside the period: that alone holds the feed.
    const held = await commit(number, parts)
    expect(held.data).toMatchObject({ state: 'quarantined', breaches: [{ threshold: 'datesOutsidePeriod' }] })
  })

  test('in quarantine holds its series until an officer decides, and applies what they accept', async () => {
    const { data: listed } = await adapter.GET('/v1/feeds', {
      params: { query: { kind: 'pairings', limit: 1 } },
    })
    const held = listed?.items[0]
    expect(held?.state).toBe('quarantined')
    await expect(open('delta')).rejects.toThrow('Another feed of this series is under way.')
    const inspected = await fetch(
      `${system.registry.apiUrl}/v1/feeds/pairings/${held?.number}/inspection?telco=telco-a`,
      { headers: { authorization: `Bearer ${await system.officerToken()}` } },
    )
    const seen = (await inspected.json()) as Schemas['FeedInspection']
    expect(seen).toMatchObject({ rows: 200, ended: 0, days: [{ day: today, rows: 200 }] })
    expect(seen.tacs).toEqual([{ tac: '35209900', share: 1 }])
    expect(seen.samples[0]).toEqual({
      tac: '35209900',
      firstSeen: today,
      lastSeen: today,
      rat: '',
      isEnded: false,
    })
    const before = await liveRows()
    const decide = async (decision: string) =>
      fetch(`${system.registry.apiUrl}/v1/feeds/pairings/${held?.number}/decision`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await system.officerToken()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ telco: 'telco-a', decision }),
      })
    const accepted = await decide('accept')
    const decided = (await accepted.json()) as Schemas['Feed']
    expect(decided.state).toBe('applied')
    expect(decided.receipt?.text).toContain('\nstate applied\n')
    expect(await liveRows()).toBeGreaterThan(before)
    expect((await decide('refuse')).status).toBe(409)
    const metrics = await (await fetch(`${system.registry.apiUrl}/metrics`)).text()
    expect(metrics).toMatch(
      /pcbs_feed_rejects_total\{telco="telco-a",kind="pairings",code="token-format"\} 1/,
    )
    expect(metrics).toContain('pcbs_feed_overdue{telco="telco-a",kind="pairings"} 0')
  })

  test('of another telco is not there', async () => {
    const stranger = await system.client('telco-b', 'adapter')
    const { response } = await stranger.GET('/v1/feeds/{kind}/{number}', {
      params: { path: { kind: 'pairings', number: 1 } },
    })
    expect(response.status).toBe(404)
    expect((await stranger.GET('/v1/feeds')).data?.items).toEqual([])
  })
})

test('a clone set waits for an officer, who blocks it but for the owner’s SIM', async () => {
  const clone = '35209900990001'
  const users: Customer[] = Array.from({ length: 6 }, (_, index) => ({
    msisdn: `6017600000${index}`,
    nationalId: '900101145678',
    imsi: `50218000000000${index}`,
  }))
  await system.feed(
    'telco-b',
    users.map((customer) => ({ customer, imei: clone })),
  )
  const [owner] = users
  if (!owner) return
  const desk = await system.client('telco-b', 'desk')
  const filed = await desk.POST('/v1/cases', {
    params: { header: { 'Idempotency-Key': randomUUID() } },
    body: { imeis: [`${clone}00`], reason: 'stolen', ...(await system.claimant('telco-b', owner)) },
  })
  expect(filed.data).toMatchObject({
    state: 'verified',
    blastRadius: { subscriptions: 6, subscriptionsPerImei: 6 },
  })
  expect(filed.data?.review.map(({ code }) => code)).toEqual(['imei-cloned'])
  const imsi = encodeToken(makeToken(await system.key('telco-b'), 'imsi', owner.imsi))
  const blocked = await fetch(`${system.registry.apiUrl}/v1/cases/${filed.data?.id}/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await system.officerToken()}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({
      event: 'block',
      areClonesAccepted: true,
      exceptions: [{ telco: 'telco-b', imsi }],
    }),
  })
  expect(await blocked.json()).toMatchObject({ state: 'blocked' })
  const edge = await system.client('telco-b', 'edge')
  const { data: list } = await edge.GET('/v1/block-list/changes', { params: { query: { after: 0 } } })
  const token = makeToken(await system.key('telco-b'), 'imsi', owner.imsi).bytes.toString('hex')
  expect(list?.changes.slice(-1)).toMatchObject([
    { imei: clone, exceptions: [{ telcoId: 2, imsiToken: token }] },
  ])
})
