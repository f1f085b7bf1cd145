import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Schemas } from '@pcbs/contract'
import { withClient } from '@pcbs/dev-nation'
import { followLog, type LogFollower } from '@pcbs/sdk'
import {
  appendToTiles,
  decodeLogEntry,
  delegateLogKey,
  hashLeaf,
  isIncluded,
  nodesFromTiles,
  openCheckpoint,
  publicKeyFromRaw,
  signCheckpoint,
  treeRoot,
} from '@pcbs/seal'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Customer, freshKey, startTestSystem, type TestSystem } from './harness.ts'

const owner: Customer = { msisdn: '60123456701', nationalId: '900101145678', imsi: '502121234567801' }
const imei = '352099001761481'
let system: TestSystem
let follower: LogFollower
let origin: string
let caseId: string

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'), { PCBS_LOG_INTERVAL_MS: '50' })
  const { registry } = system
  const listRoot = publicKeyFromRaw(registry.listRoot)
  if (!listRoot) throw new Error('the custodian gave no root key')
  origin = `${new URL(registry.apiUrl).host}/pcbs-log`
  follower = {
    telco: 'telco-a',
    registryUrl: registry.apiUrl,
    privateKey: createPrivateKey(await readFile(registry.keyFile('telco-a', 'adapter'))),
    listRoot,
    stateFolder: await mkdtemp(join(tmpdir(), 'pcbs-follower-')),
  }
  await system.feed('telco-a', [{ customer: owner, imei }])
  const desk = await system.client('telco-a', 'desk')
  const filed = await desk.POST('/v1/cases', {
    params: { header: freshKey() },
    body: { imeis: [imei], reason: 'stolen', ...(await system.claimant('telco-a', owner)) },
  })
  caseId = filed.data?.id ?? ''
  await desk.GET('/v1/cases/{caseId}', { params: { path: { caseId } } })
})
afterAll(async () => {
  await system.stop()
  await rm(follower.stateFolder, { recursive: true })
})

async function get<Body>(path: string, officer: 'officer-1' | 'auditor-1' = 'auditor-1'): Promise<Body> {
  const headers = { authorization: `Bearer ${await system.officerToken(officer)}` }
  return (await (await fetch(`${system.registry.apiUrl}${path}`, { headers })).json()) as Body
}

/** The log once it holds so many entries of a type, under a signed checkpoint. */
async function logWith(type: string, count: number) {
  for (;;) {
    const { note = '' } = await get<{ note?: string }>('/v1/log/checkpoint')
    const checkpoint = openCheckpoint(note, origin, follower.listRoot)
    const { items } = await get<{ items: Schemas['LogEntry'][] }>('/v1/log/entries')
    const signed = items.filter(({ index }) => checkpoint && index < checkpoint.size)
    const found = signed.filter(({ content }) => decodeLogEntry(content)?.type === type)
    if (checkpoint && found.length >= count) return { checkpoint, items: signed, found }
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

describe('the transparency log', () => {
  test('tells of every decision, read, feed and sign-in, and of nobody’s data', async () => {
    await logWith('case-read', 1)
    const { items } = await logWith('officer-signed-in', 1)
    const entries = items.map(({ content }) => decodeLogEntry(content))
    expect(entries.every((entry) => entry !== undefined)).toBe(true)
    const told = entries.map((entry) => (entry?.type === 'case-event' ? entry.fields.event : entry?.type))
    for (const event of ['report', 'verify', 'block', 'list-change', 'case-read', 'officer-signed-in'])
      expect(told).toContain(event)
    expect(told.filter((type) => type === 'feed-closed')).toHaveLength(2)
    const text = items.map(({ content }) => content).join()
    const { subscription } = await system.claimant('telco-a', owner)
    for (const secret of [...Object.values(owner), imei.slice(0, 14), subscription])
      expect(text).not.toContain(secret)
    expect(text).toContain(`case ${caseId}`)
  })

  test('proves each entry to be in it', async () => {
    const { checkpoint, items } = await logWith('case-event', 3)
    for (const { index, content } of items) {
      const path = `/v1/log/inclusion?index=${index}&size=${checkpoint.size}`
      const { hashes } = await get<Schemas['LogProof']>(path)
      const proof = hashes.map((hash) => Buffer.from(hash, 'base64'))
      expect(isIncluded({ hash: hashLeaf(Buffer.from(content)), index }, checkpoint, proof)).toBe(true)
    }
    const beyond = await get<Schemas['Problem']>('/v1/log/inclusion?index=0&size=1000000')
    expect(beyond.errors?.[0]?.code).toBe('beyond-log')
  })

  test('is followed and cosigned by a telco as long as it goes on', async () => {
    const client = await system.client('telco-a', 'adapter')
    const first = await followLog(client, follower)
    const desk = await system.client('telco-a', 'desk')
    await desk.GET('/v1/cases/{caseId}', { params: { path: { caseId } } })
    await logWith('case-read', 2)
    const second = await followLog(client, follower)
    expect(second?.size).toBeGreaterThan(first?.size ?? 0)
    const { rows } = await system.query('SELECT count(*) FROM log_cosignature')
    expect(Number(rows[0]?.count)).toBeGreaterThan(0)
  })

  test('is refused by the telco once its history was rewritten, even where the custodian’s key signed that', async () => {
    const { items } = await logWith('case-read', 2)
    await followLog(await system.client('telco-a', 'adapter'), follower)
    // Whoever has the database and the custodian’s root key: an entry is another, and all hashes are made to fit.
    const contents = items.map(({ content }, index) =>
      index === 1 ? content.replace(/actor \S+/, 'actor officer:somebody-else') : content,
    )
    contents.push('one more entry, so that the log has grown')
    const leaves = contents.map((content) => hashLeaf(Buffer.from(content)))
    const tiles = await appendToTiles(async () => Buffer.alloc(0), 0, leaves)
    const [tile] = tiles
    if (!tile) throw new Error('a log with entries has a tile')
    const root = await treeRoot(
      nodesFromTiles(async () => tile.hashes),
      leaves.length,
    )
    const keyring = JSON.parse(await readFile(join(system.folder, 'custodian', 'custodian-a.json'), 'utf8'))
    const [listRoot, logKey] = [keyring.listRoot, keyring.log.privateKey].map((pem) => createPrivateKey(pem))
    if (!listRoot || !logKey) throw new Error('the keyring has no keys')
    const delegation = delegateLogKey(listRoot, { epoch: 1, publicKey: createPublicKey(logKey) })
    const note = signCheckpoint({ origin, size: leaves.length, root }, listRoot, {
      privateKey: logKey,
      delegation,
    })
    const database = new URL(system.registry.ownerUrl).pathname
    const superuser = Object.assign(new URL(inject('postgresUrl')), { pathname: database })
    await system.registry.programs.custodian.stop()
    await withClient(superuser.href, async (client) => {
      await client.query('UPDATE log_tile SET hashes = $1 WHERE level = 0 AND index = 0', [tile.hashes])
      await client.query('DELETE FROM log_cosignature')
      await client.query('DELETE FROM log_checkpoint')
      await client.query('INSERT INTO log_entry SELECT max(index) + 1, $1 FROM log_entry', ['x'])
      await client.query('INSERT INTO log_checkpoint VALUES ($1, $2, $3, now())', [leaves.length, root, note])
    })
    const client = await system.client('telco-a', 'adapter')
    await expect(followLog(client, follower)).rejects.toMatchObject({ code: 'log-forked' })
  })
})
