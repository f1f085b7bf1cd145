import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  appModule,
  findFreePort,
  listedImei,
  type PreparedEdge,
  startPreparedEdge,
  writePreparedConfiguration,
} from '@pcbs/dev-nation'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readEdgeConfig } from '../src/config/edge-config.ts'
import { createWebhook } from '../src/detach/hook.ts'
import { checkContent, checkRequest, DiameterPeer } from './diameter-peer.ts'
import { ask, checkPath, openSession } from './http2-client.ts'
import { startSmallNrf } from './small-nrf.ts'

const listed = listedImei(7)
let folder: string
let prepared: PreparedEdge | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-prepared-'))
})
afterEach(async () => {
  await prepared?.edge.stop()
  await rm(folder, { recursive: true })
})

async function start(settings: Readonly<Record<string, string>> = {}) {
  const [s13Port, operationsPort] = [await findFreePort(), await findFreePort()]
  prepared = await startPreparedEdge(folder, 1000, {
    s13Port: String(s13Port),
    s13OriginHost: 'eir.telco-a.test',
    s13OriginRealm: 'telco-a.test',
    operationsPort: String(operationsPort),
    ...settings,
  })
  const operations = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${operationsPort}${path}`)
    return { status: response.status, text: await response.text() }
  }
  return { ...prepared, s13Port, operations, url: `http://127.0.0.1:${prepared.port}` }
}

/** An edge that is not expected to become ready. */
function spawnEdge(configuration: string) {
  const child = spawn(process.execPath, [fileURLToPath(appModule('edge')), configuration])
  const edge = { child, output: '', code: once(child, 'exit').then(([code]) => code as number | null) }
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      edge.output += text
    })
  return edge
}

async function changeSettings(path: string, changes: Readonly<Record<string, string>>): Promise<void> {
  const configuration = JSON.parse(await readFile(path, 'utf8'))
  const settings = { ...configuration.settings, ...changes }
  await writeFile(path, JSON.stringify({ ...configuration, settings }))
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

const logOf = () => readFile(join(folder, 'edge.log'), 'utf8')

describe('an edge', () => {
  test('tells health, readiness, and what became of the checks of each interface', async () => {
    const { url, s13Port, operations } = await start()
    const session = await openSession(url)
    for (const pei of [listed, listed, '86000000000000', 'nonsense']) await ask(session, checkPath(pei))
    session.destroy()
    const peer = await DiameterPeer.connect(s13Port)
    await peer.ask(checkRequest(checkContent(listed)))
    peer.socket.destroy()
    expect((await operations('/healthz')).status).toBe(200)
    expect((await operations('/readyz')).status).toBe(200)
    expect((await operations('/nothing')).status).toBe(404)
    const { text } = await operations('/metrics')
    for (const line of [
      'pcbs_eir_checks_total{interface="n5g-eir",outcome="black"} 2',
      'pcbs_eir_checks_total{interface="n5g-eir",outcome="white"} 1',
      'pcbs_eir_checks_total{interface="n5g-eir",outcome="error"} 1',
      'pcbs_eir_checks_total{interface="s13",outcome="black"} 1',
      'pcbs_eir_received_total{interface="n5g-eir"} 4',
      'pcbs_eir_check_duration_seconds_count{interface="n5g-eir"} 4',
      'pcbs_edge_list_sequence 1001',
      'pcbs_edge_list_phones 1000',
    ])
      expect(text.split('\n')).toContain(line)
  })

  test('answers with several threads from one list', async () => {
    const { url, operations } = await start({ workers: '3' })
    const sessions = await Promise.all(Array.from({ length: 12 }, () => openSession(url)))
    const statuses = await Promise.all(
      sessions.map(async (session) => (await ask(session, checkPath(listed))).body.status),
    )
    expect(new Set(statuses)).toEqual(new Set(['BLACKLISTED']))
    const { text } = await operations('/metrics')
    expect(text.split('\n')).toContain('pcbs_eir_checks_total{interface="n5g-eir",outcome="black"} 12')
    for (const session of sessions) session.destroy()
  })

  test('stops without failing a check that was taken, goes on through the grace, and takes leave of its peers', async () => {
    const { url, edge, s13Port, operations } = await start({ drainMs: '2000' })
    const peer = await DiameterPeer.connect(s13Port)
    const leave = once(peer.socket, 'close')
    const session = await openSession(url)
    const told = once(session, 'goaway')
    const outcomes: unknown[] = []
    const asking = Array.from({ length: 8 }, async () => {
      while (!session.closed && !session.destroyed) {
        const outcome = await ask(session, checkPath(listed)).then(
          ({ body }) => body.status,
          (error: unknown) => String(error),
        )
        // What a client had on its way when it was told to leave, its own HTTP/2 takes back: it asks elsewhere.
        if (!session.closed || !String(outcome).includes('REFUSED_STREAM')) outcomes.push(outcome)
      }
    })
    await until(async () => outcomes.length > 50)
    const stopped = edge.stop()
    await leave
    expect(peer.requests.map(({ command }) => command)).toContain(282)
    // While it drains the operator still sees it, not ready, and sessions in place are answered as before.
    expect(await operations('/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('draining'),
    })
    const before = outcomes.length
    await expect.poll(() => outcomes.length).toBeGreaterThan(before + 500)
    expect(session.closed).toBe(false)
    await told
    await Promise.all([stopped, ...asking])
    expect(new Set(outcomes)).toEqual(new Set(['BLACKLISTED']))
  })

  test('ends within ten seconds, whatever is under way and whoever says nothing', async () => {
    const hole = createTcpServer(() => {}).listen(0, '127.0.0.1')
    await once(hole, 'listening')
    const silent = `http://127.0.0.1:${(hole.address() as AddressInfo).port}`
    const { edge, configurationFile, start: startAgain } = await start({ drainMs: '5000' })
    await edge.stop()
    const configuration = JSON.parse(await readFile(configurationFile, 'utf8'))
    const { settings } = configuration
    const everybody = { registryUrl: silent, issuerUrl: silent, custodianUrl: silent }
    const nrf = { nrfUrl: silent, nfAddress: 'eir.telco-a.test' }
    await writeFile(
      configurationFile,
      JSON.stringify({ ...configuration, ...everybody, settings: { ...settings, ...nrf } }),
    )
    const again = await startAgain()
    // A peer that does not answer a leave, and one that takes no answer's body.
    const peer = await DiameterPeer.connect(Number(settings.s13Port))
    peer.answersLeft = 0
    const stuck = connectHttp2(`http://127.0.0.1:${settings.port}`, { settings: { initialWindowSize: 0 } })
    await once(stuck, 'remoteSettings')
    await once(stuck.request({ ':path': checkPath(listed) }), 'response')
    const startedMs = performance.now()
    process.kill(again.pid, 'SIGTERM')
    await again.ended
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    expect(await logOf()).toMatch(/"event":"stopped"}\n$/)
    stuck.destroy()
    hole.close()
  })

  test('knows after a restart how old its list is, and says what it lacks', async () => {
    const { edge, operations, start: startAgain } = await start()
    const day = 86_400
    await edge.stop()
    const snapshot = join(folder, 'state', 'list-1001.snapshot')
    const written = Date.now() / 1000 - day
    await utimes(snapshot, written, written)
    const again = await startAgain()
    const { text } = await operations('/metrics')
    const age = Number(/^pcbs_edge_list_age_seconds (.+)$/m.exec(text)?.[1])
    expect(age).toBeGreaterThanOrEqual(day)
    expect(age).toBeLessThan(day + 60)
    const { status, text: said } = await operations('/readyz')
    expect(status).toBe(200)
    expect(JSON.parse(said)).toEqual({
      status: 'degraded',
      reasons: ['list_old', 'keys_missing'],
      listAgeSeconds: expect.any(Number),
    })
    await again.stop()
    await changeSettings(join(folder, 'edge.json'), { readyListAgeSeconds: '3600' })
    const strict = await startAgain()
    expect(await operations('/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('list_too_old'),
    })
    await strict.stop()
  })

  test('takes up another configuration while it runs, and keeps the old one where the new is faulty', async () => {
    const { url, edge, configurationFile } = await start()
    const statusOf = async () => {
      const session = await openSession(url)
      const { status } = await ask(session, checkPath('86000000000000'))
      session.destroy()
      return status
    }
    expect(await statusOf()).toBe(200)
    await changeSettings(configurationFile, { unknownDevice: 'ERROR_EQUIPMENT_UNKNOWN', port: '1' })
    process.kill(edge.pid, 'SIGHUP')
    await until(async () => (await statusOf()) === 404)
    expect(await logOf()).toContain('"event":"reloaded","needsRestart":["settings.port"]')
    await changeSettings(configurationFile, { unknownDevice: 'nonsense' })
    process.kill(edge.pid, 'SIGHUP')
    await until(async () => (await logOf()).includes('reload_refused'))
    expect(await logOf()).toContain('settings.unknownDevice is WHITELISTED or ERROR_EQUIPMENT_UNKNOWN')
    expect(await statusOf()).toBe(404)
  })

  test('refuses checks over every interface while a thread is behind with its work', async () => {
    const { url, s13Port, operations } = await start({ overloadMs: '0' })
    const session = await openSession(url)
    expect((await ask(session, checkPath(listed))).status).toBe(503)
    session.destroy()
    const peer = await DiameterPeer.connect(s13Port)
    expect(await peer.ask(checkRequest(checkContent(listed)))).toMatchObject({ result: 3004, isError: true })
    peer.socket.destroy()
    const { text } = await operations('/metrics')
    expect(text.split('\n')).toContain('pcbs_eir_checks_total{interface="s13",outcome="overload"} 1')
  })

  test('is found at the NRF while it takes checks, and under the same id after a restart', async () => {
    const nrf = await startSmallNrf()
    const { edge, start: startAgain } = await start({ nrfUrl: nrf.url, nfAddress: 'eir.telco-a.test' })
    await until(async () => nrf.instances.size === 1)
    const [id] = nrf.instances.keys()
    await edge.stop()
    expect(nrf.instances.size).toBe(0)
    const again = await startAgain()
    await until(async () => nrf.instances.has(id ?? ''))
    await again.stop()
    await nrf.stop()
  })

  test('without a list takes no checks, and ends when it is told to', async () => {
    const port = await findFreePort()
    const edge = spawnEdge(await writePreparedConfiguration(folder, { port: String(port) }))
    await until(async () => edge.output.includes('waiting_for_list'))
    await expect(openSession(`http://127.0.0.1:${port}`)).rejects.toThrow('ECONNREFUSED')
    edge.child.kill('SIGTERM')
    expect(await edge.code).toBe(0)
  })

  test('that finds its port taken says so in a line and ends', async () => {
    const { port } = await start()
    const edge = spawnEdge(await writePreparedConfiguration(folder, { port: String(port) }))
    expect(await edge.code).toBe(1)
    expect(edge.output).toContain('The edge cannot start: EADDRINUSE.')
  })

  test('in every spelling of a setting says which one cannot be meant', async () => {
    const s13 = { s13Port: '3868', s13OriginHost: 'eir.telco-a.test', s13OriginRealm: 'telco-a.test' }
    for (const [field, value] of [
      ['port', 'x'],
      ['workers', '0'],
      ['overloadMs', '-1'],
      ['unknownDevice', 'black'],
      ['tlsCertificate', '/nowhere.pem'],
      ['oauthKey', join(folder, 'edge.json')],
      ['nrfUrl', 'ftp://nrf'],
      ['detachUrl', 'not a url'],
      ['operationsPort', '70000'],
      ['name', 'Edge 1'],
      ['nfInstanceId', 'not-a-uuid'],
      ['drainMs', '5001'],
      ['sessions', '0'],
      ['s13Connections', '0'],
      ['s13WatchdogSeconds', '5'],
      ['s13CertificateName', 'common-name'],
      ['keptKeys', 'PLAIN'],
      ['withoutKeys', 'maybe'],
      ['readyListAgeSeconds', '-1'],
    ] as const) {
      const path = await writePreparedConfiguration(folder, { ...s13, [field]: value })
      await expect(readEdgeConfig(path)).rejects.toThrow(`settings.${field} `)
    }
    // Half of a rotation: the new certificate with the old key.
    const certificates = new URL('certificates/', import.meta.url).pathname
    const mixed = { tlsCertificate: `${certificates}server.pem`, tlsKey: `${certificates}client-key.pem` }
    const path = await writePreparedConfiguration(folder, mixed)
    await expect(readEdgeConfig(path)).rejects.toThrow('are not a certificate and its key')
    // An authority that TLS would take for nobody.
    const files = { tlsCertificate: `${certificates}server.pem`, tlsKey: `${certificates}server-key.pem` }
    const nobody = await writePreparedConfiguration(folder, {
      ...files,
      tlsClientCa: `${certificates}server-key.pem`,
    })
    await expect(readEdgeConfig(nobody)).rejects.toThrow('settings.tlsClientCa ')
  })
})

test('a webhook is called with a signature, again where it fails, and gives the telco’s own token', async () => {
  const secret = 's'.repeat(40)
  const calls: { body: string; signature: unknown }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    calls.push({ body, signature: request.headers['pcbs-signature'] })
    response.writeHead(calls.length === 1 ? 500 : 204).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const outcome = Promise.withResolvers<string>()
  const hook = createWebhook(
    { url: `http://127.0.0.1:${port}/detach`, secret, phones: 1000 },
    'edge-1',
    outcome.resolve,
  )
  const imsi = { kind: 'imsi', epoch: 1, bytes: Buffer.alloc(16, 7) } as const
  hook.detach({ imei: listed, imsi, lastSeenMs: 0 })
  expect(await outcome.promise).toBe('delivered')
  expect(calls).toHaveLength(2)
  const [, { body, signature } = { body: '', signature: '' }] = calls
  expect(JSON.parse(body)).toMatchObject({
    imei: listed,
    edge: 'edge-1',
    lastSeenAt: '1970-01-01T00:00:00.000Z',
  })
  expect(signature).toBe(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  await hook.stop()
  server.close()
})
