import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect, constants } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  findFreePort,
  findRegistryPorts,
  type RunningProgram,
  type RunningRegistry,
  signInOfficer,
  startEdgeProcess,
  startRegistry,
  type TelcoSite,
  withClient,
} from '@pcbs/dev-nation'
import { connectRegistry, expectAnswer, fetchTelcoKey, readConfiguration } from '@pcbs/sdk'
import { encodeToken, makeToken, nextHead } from '@pcbs/seal'
import { openStore } from '@pcbs/store'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { equipmentStatuses } from '../src/s13/dictionary.ts'
import { checkContent, checkRequest, DiameterPeer } from './diameter-peer.ts'

const phone = '35209900176148'
let folder: string
let registry: RunningRegistry
let site: TelcoSite
let edge: RunningProgram
let port: number
let s13Port: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-edge-'))
  registry = await startRegistry({
    folder,
    superuserUrl: inject('postgresUrl'),
    databaseName: `edge_${randomBytes(6).toString('hex')}`,
    rolePasswords: { owner: 'test', api: 'test', ingest: 'test', audit: 'test' },
    ports: await findRegistryPorts(),
    telcos: [{ code: 'telco-a', name: 'Telco A' }],
  })
  site = { registry, telco: 'telco-a', folder: join(folder, 'telco-a') }
  port = await findFreePort()
  s13Port = await findFreePort()
  edge = await startEdgeProcess(site, { port, s13Port })
})
afterAll(async () => {
  await edge.stop()
  await registry.stop()
  await rm(folder, { recursive: true })
})

async function get(query: string, path = '/n5g-eir-eic/v1/equipment-status', method = 'GET') {
  const session = connect(`http://127.0.0.1:${port}`)
  try {
    const stream = session.request({ ':path': path + query, ':method': method })
    stream.end()
    const [headers, body] = await new Promise<[Record<string, unknown>, string]>((resolve, reject) => {
      let [text, head] = ['', {}]
      stream.once('response', (received) => {
        head = received
      })
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      stream.once('end', () => resolve([head, text]))
      stream.once('error', reject)
      session.once('error', reject)
    })
    return {
      status: headers[constants.HTTP2_HEADER_STATUS],
      body: JSON.parse(body) as Record<string, unknown>,
    }
  } finally {
    session.close()
  }
}

const statusOf = async (pei: string, more = '') => (await get(`?pei=${pei}${more}`)).body.status

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Files a case through an officer's eyes: blocked on papers, with the SIMs that are let through. */
async function block(imei15: string, exceptions: { telco: string; imsi: string }[] = []): Promise<string> {
  const { apiUrl, issuerUrl, secrets } = registry
  const token = await signInOfficer({
    apiUrl,
    issuerUrl,
    officer: 'officer-1',
    password: secrets.officers['officer-1'],
  })
  const configuration = await readConfiguration(join(site.folder, 'edge-1.json'))
  const desk = await connectRegistry(
    { ...configuration, clientId: 'telco-a-desk', privateKey: await deskKey() },
    ['cases'],
  )
  const key = await fetchTelcoKey(configuration)
  const filed = expectAnswer(
    await desk.POST('/v1/cases', {
      params: { header: { 'Idempotency-Key': randomUUID() } },
      body: {
        imeis: [imei15],
        reason: 'stolen',
        subscription: encodeToken(makeToken(key, 'msisdn', '60123456789')),
        ownerTag: 1,
      },
    }),
  )
  for (const body of [
    { event: 'verify', arePapersAccepted: true },
    { event: 'block', exceptions },
  ])
    await decide(filed.id, token, body)
  return filed.id
}

async function decide(caseId: string, token: string, body: object): Promise<void> {
  const response = await fetch(`${registry.apiUrl}/v1/cases/${caseId}/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify(body),
  })
  if (response.status !== 201) throw new Error(await response.text())
}

/** Gives the list another past, as a registry does that was restored from a backup and went on. */
async function rewriteLastChange(): Promise<void> {
  const superuser = Object.assign(new URL(inject('postgresUrl')), {
    pathname: new URL(registry.ownerUrl).pathname,
  })
  await withClient(superuser.href, async (client) => {
    const { rows } = await client.query<{
      seq: string
      imei: string
      at: Date
      reason: 'stolen'
      head: Buffer
    }>(
      "SELECT seq, lpad(imei::text, 14, '0') AS imei, at, reason, head FROM list_change ORDER BY seq DESC LIMIT 2",
    )
    const [last, before] = rows
    if (!last || !before) throw new Error('the list is too short')
    const at = new Date(last.at.getTime() + 1)
    const change = { seq: Number(last.seq), imei: last.imei, atMs: at.getTime(), reason: last.reason }
    const head = nextHead(before.head, { ...change, status: 'PROHIBITED', exceptions: [] })
    await client.query('SET session_replication_role = replica')
    await client.query('UPDATE list_change SET at = $1, head = $2 WHERE seq = $3', [at, head, last.seq])
    await client.query('UPDATE list_head SET head = $1', [head])
  })
}

async function deskKey() {
  return createPrivateKey(await readFile(registry.keyFile('telco-a', 'desk')))
}

describe('an edge', () => {
  test('answers what TS 29.511 says to good and bad queries', async () => {
    expect(await get(`?pei=imei-${phone}1`)).toEqual({ status: 200, body: { status: 'WHITELISTED' } })
    expect(await get('')).toMatchObject({ status: 400, body: { cause: 'MANDATORY_QUERY_PARAM_MISSING' } })
    for (const pei of [
      'imei-12',
      'abc',
      'imei-35209900176148x',
      'mac-00-00-5E-00-53',
      '%00',
      '12345678901234567',
    ])
      expect(await get(`?pei=${pei}`)).toMatchObject({
        status: 400,
        body: { cause: 'MANDATORY_QUERY_PARAM_INCORRECT' },
      })
    expect(await get('?pei=mac-00-00-5E-00-53-00')).toEqual({ status: 200, body: { status: 'WHITELISTED' } })
    expect((await get('', '/nothing')).status).toBe(404)
    expect((await get(`?pei=${phone}`, undefined, 'DELETE')).status).toBe(405)
  })

  test('refuses a blocked phone in every spelling and with any SIM, and its clones but not its owner', async () => {
    const configuration = await readConfiguration(join(site.folder, 'edge-1.json'))
    const key = await fetchTelcoKey(configuration)
    const owner = '502121234567890'
    await block(`${phone}1`, [{ telco: 'telco-a', imsi: encodeToken(makeToken(key, 'imsi', owner)) }])
    await until(async () => (await statusOf(phone)) === 'BLACKLISTED')
    for (const pei of [phone, `imei-${phone}1`, `imei-${phone}0`, `imeisv-${phone}78`])
      for (const supi of [
        '',
        '&supi=imsi-502129999999999',
        '&supi=imsi-310150123456789&gpsi=msisdn-60123456789',
      ])
        expect(await statusOf(pei, supi)).toBe('BLACKLISTED')
    expect(await statusOf(phone, `&supi=imsi-${owner}`)).toBe('WHITELISTED')
    // And over S13 the same.
    const peer = await DiameterPeer.connect(s13Port)
    const s13StatusOf = async (imsi: string) =>
      (await peer.ask(checkRequest(checkContent(`${phone}1`, imsi))))?.status
    expect(await s13StatusOf('502129999999999')).toBe(equipmentStatuses.PROHIBITED)
    expect(await s13StatusOf(owner)).toBe(equipmentStatuses.PERMITTED)
    peer.socket.destroy()
  })

  test('reports a phone’s refusals to the registry, the SIM as a token, once a minute for each', async () => {
    const store = openStore({
      url: registry.ownerUrl.replace('pcbs_owner', 'pcbs_api'),
      applicationName: 'test',
    })
    try {
      const found = () => store.db.selectFrom('hit').select(['status', 'node', 'imsi']).execute()
      // Four spellings were refused with two SIMs and with none, over both interfaces, and while waiting for the block.
      await expect.poll(async () => (await found()).length, { timeout: 30_000 }).toBe(3)
      // What comes behind them is another phone's.
      await block('8601230412345000')
      await until(async () => (await statusOf('86012304123450')) === 'BLACKLISTED')
      await expect.poll(async () => (await found()).length, { timeout: 30_000 }).toBe(4)
      const hits = await found()
      expect(new Set(hits.map(({ status, node }) => `${status} ${node}`))).toEqual(
        new Set(['PROHIBITED edge-1']),
      )
      const sims = hits.map(({ imsi }) => imsi && Buffer.from(imsi).toString('hex'))
      expect(sims.filter((sim) => sim === null)).toHaveLength(2)
      expect(new Set(sims.filter((sim) => sim !== null)).size).toBe(2)
    } finally {
      await store.close()
    }
  })

  test('started with all others away tells an owner from a thief, how old its list is, and why it is alone, once', async () => {
    const logFile = join(site.folder, 'logs', 'edge-1.log')
    const state = join(site.folder, 'edge-1-state')
    const key = await fetchTelcoKey(await readConfiguration(join(site.folder, 'edge-1.json')))
    await Promise.all([registry.programs.api.stop(), registry.programs.custodian.stop(), edge.stop()])
    const before = (await readFile(logFile, 'utf8')).length
    const operationsPort = await findFreePort()
    const settings = { operationsPort: String(operationsPort) }
    const ask = async (path: string) => (await fetch(`http://127.0.0.1:${operationsPort}${path}`)).text()
    const figure = async (name: string) =>
      Number(
        (await ask('/metrics'))
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      )
    const sims = async () => [
      await statusOf(phone, '&supi=imsi-502121234567890'),
      await statusOf(phone, '&supi=imsi-502129999999999'),
    ]
    edge = await startEdgeProcess(site, { port, s13Port, settings })
    expect(await sims()).toEqual(['WHITELISTED', 'BLACKLISTED'])
    expect(await figure('pcbs_edge_keys{source="disk"}')).toBe(1)
    // Both phones came as changes: there is no snapshot yet.
    expect(await figure('pcbs_edge_list_phones')).toBe(2)
    expect(await figure('pcbs_edge_list_exceptions')).toBe(1)
    const age = await figure('pcbs_edge_list_age_seconds')
    expect(age).toBeGreaterThan(0)
    expect(age).toBeLessThan(60)
    expect(JSON.parse(await ask('/readyz'))).toEqual({ status: 'ok', listAgeSeconds: expect.any(Number) })
    await expect
      .poll(() => figure('pcbs_edge_failures_total{of="registry"}'), { timeout: 30_000 })
      .toBeGreaterThan(3)
    expect(await figure('pcbs_edge_trouble{of="custodian"}')).toBe(1)
    const lines = (await readFile(logFile, 'utf8'))
      .slice(before)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const event of ['registry_away', 'custodian_away']) {
      const told = lines.filter((line) => line.event === event)
      expect(told).toMatchObject([{ level: 'error', reason: expect.stringContaining('ECONNREFUSED') }])
    }
    // The keys lie nowhere in clear.
    for (const name of await readdir(state)) {
      const bytes = await readFile(join(state, name))
      for (const writing of ['latin1', 'hex', 'base64', 'base64url'] as const)
        expect(bytes.toString('latin1')).not.toContain(key.key.toString(writing).slice(0, 20))
    }
    // Who keeps no keys chooses what a SIM is while there are none.
    for (const [withoutKeys, thief] of [
      ['REFUSE', 'BLACKLISTED'],
      ['LET_THROUGH', 'WHITELISTED'],
    ] as const) {
      await edge.stop()
      edge = await startEdgeProcess(site, {
        port,
        s13Port,
        settings: { ...settings, keptKeys: 'NONE', withoutKeys },
      })
      expect((await sims())[1]).toBe(thief)
      expect(await figure('pcbs_edge_keys{source="none"}')).toBe(1)
      expect(JSON.parse(await ask('/readyz'))).toMatchObject({
        status: 'degraded',
        reasons: ['keys_missing'],
      })
    }
    await Promise.all([registry.startApi(), registry.startCustodian()])
    await expect.poll(sims, { timeout: 30_000 }).toEqual(['WHITELISTED', 'BLACKLISTED'])
    await expect.poll(() => figure('pcbs_edge_trouble{of="registry"}'), { timeout: 30_000 }).toBe(0)
    await edge.stop()
    edge = await startEdgeProcess(site, { port, s13Port })
  }, 120_000)

  test('goes on answering with the registry away, after a crash and with a damaged journal, and catches up', async () => {
    await block('490154203237518')
    await until(async () => (await statusOf('49015420323751')) === 'BLACKLISTED')
    await registry.programs.api.stop()
    await edge.kill()
    const journal = join(site.folder, 'edge-1-state', 'list.journal')
    const { length } = await readFile(journal)
    await truncate(journal, length - 5)
    edge = await startEdgeProcess(site, { port, s13Port })
    expect(await statusOf(phone)).toBe('BLACKLISTED')
    expect(await statusOf('49015420323751')).toBe('WHITELISTED')
    await registry.startApi()
    await until(async () => (await statusOf('49015420323751')) === 'BLACKLISTED')
  })

  test('refuses another history than its own, says so, and heals by taking the registry’s anew', async () => {
    const logFile = join(site.folder, 'logs', 'edge-1.log')
    await rewriteLastChange()
    await registry.programs.api.kill()
    await registry.startApi()
    await until(async () => (await readFile(logFile, 'utf8')).includes('"event":"list_alarm"'))
    // What it had stays in force meanwhile, and afterwards it goes on.
    expect(await statusOf(phone)).toBe('BLACKLISTED')
    await block('3539180579912300')
    await until(async () => (await statusOf('35391805799123')) === 'BLACKLISTED')
    expect(await statusOf(phone)).toBe('BLACKLISTED')
  })

  test('has a phone detached that is in use when it is blocked, by its telco’s token, and not its owner', async () => {
    const calls: Record<string, unknown>[] = []
    const webhook = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      calls.push(JSON.parse(body))
      response.writeHead(204).end()
    })
    await once(webhook.listen(0, '127.0.0.1'), 'listening')
    const secret = join(folder, 'detach-secret')
    await writeFile(secret, 's'.repeat(32))
    await edge.stop()
    edge = await startEdgeProcess(site, {
      port,
      s13Port,
      settings: {
        detachUrl: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}`,
        detachSecret: secret,
        workers: '2',
      },
    })
    const key = await fetchTelcoKey(await readConfiguration(join(site.folder, 'edge-1.json')))
    const [thief, owner] = ['502129999999991', '502129999999992']
    const tokenOf = (imsi: string) => encodeToken(makeToken(key, 'imsi', imsi))
    const logFile = join(site.folder, 'logs', 'edge-1.log')
    await until(
      async () =>
        (await readFile(logFile, 'utf8')).trimEnd().split('"started"').at(-1)?.includes('key_arrived') ??
        false,
    )
    for (const [imei, imsi] of [
      ['86012304123456', thief],
      ['86012304123457', owner],
    ])
      expect(await statusOf(imei as string, `&supi=imsi-${imsi}`)).toBe('WHITELISTED')
    await block('8601230412345700', [{ telco: 'telco-a', imsi: tokenOf(owner) }])
    await block('8601230412345600')
    await until(async () => calls.length > 0)
    expect(calls).toMatchObject([{ imei: '86012304123456', imsi: tokenOf(thief), edge: 'edge-1' }])
    webhook.close()
  })

  test('writes no SIM and no number to its log or its state', async () => {
    const log = await readFile(join(site.folder, 'logs', 'edge-1.log'), 'utf8')
    for (const secret of ['502121234567890', '502129999999999', '60123456789'])
      expect(log).not.toContain(secret)
  })
})
