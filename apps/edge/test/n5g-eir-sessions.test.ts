import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { EdgeList } from '../src/block-list/edge-list.ts'
import { Lane, makeLane } from '../src/counters/lane.ts'
import { createN5gEirServer, type N5gEirServer } from '../src/n5g-eir/server.ts'
import type { N5gEirSettings } from '../src/n5g-eir/settings.ts'
import { ask, checkPath, openSession } from './http2-client.ts'

const phone = '35209900176148'
const list = new EdgeList()
list.apply({ seq: 1, atMs: 0, imei: phone, status: 'PROHIBITED', exceptions: [] })

let running: N5gEirServer | undefined
afterEach(() => running?.drain(0))

async function serve(mostSessions?: number, more: Partial<N5gEirSettings> = { idleMs: 0 }) {
  const memory = makeLane()
  const context = {
    list,
    settings: { unknownDevice: 'WHITELISTED' as const },
    isOverloaded: false,
    tokenize: () => undefined,
    onHit: () => {},
  }
  const settings = { host: '127.0.0.1', port: 0, tls: undefined, oauth: undefined }
  running = createN5gEirServer(context, new Lane(memory, 'n5g-eir'), {
    ...settings,
    ...(mostSessions !== undefined && { mostSessions }),
    ...more,
  })
  await once(running.server.listen(0, '127.0.0.1'), 'listening')
  const { port } = running.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return { url, port, lane: new Lane(memory, 'n5g-eir'), server: running, open: () => openSession(url) }
}

/** Opens a check and breaks it off at once (RFC 9113 §6.4). */
function cancelOne(session: ClientHttp2Session): Promise<void> {
  const stream = session.request({ ':path': checkPath(phone) })
  stream.on('error', () => {})
  stream.close(constants.NGHTTP2_CANCEL)
  return new Promise((resolve) => stream.once('close', resolve))
}

const isBlocked = async (session: ClientHttp2Session) =>
  (await ask(session, checkPath(phone))).body.status === 'BLACKLISTED'

/**
 * Asks one check after another until the session is told to leave. What is on its way then may be refused unheard
 * (RFC 9113 §8.7), which is no outcome: it is asked elsewhere.
 */
async function askUntilTold(
  session: ClientHttp2Session,
  onOutcome: (outcome: unknown) => void,
): Promise<void> {
  while (!session.closed && !session.destroyed) {
    const outcome = await isBlocked(session).catch((error: unknown) => error)
    const isGivenBack = outcome instanceof Error && outcome.message.includes('NGHTTP2_REFUSED_STREAM')
    if (!isGivenBack || !session.closed) onOutcome(outcome)
  }
}

describe('a session', () => {
  test('lives through as many broken off checks as it may have under way, and answers the others', async () => {
    const { open } = await serve()
    const session = await open()
    const others = Array.from({ length: 500 }, () => isBlocked(session))
    await Promise.all(Array.from({ length: 3000 }, () => cancelOne(session)))
    expect(new Set(await Promise.all(others))).toEqual(new Set([true]))
    await Promise.all(Array.from({ length: 10_000 }, () => cancelOne(session)))
    expect(await isBlocked(session)).toBe(true)
    expect(session.closed).toBe(false)
    session.destroy()
  })

  test('that is a flood of broken off checks ends, and others go on', async () => {
    const { open, url } = await serve()
    const other = await open()
    const flood = connectHttp2(url)
    flood.on('error', () => {})
    await once(flood, 'connect')
    const ended = once(flood, 'close')
    let sent = 0
    for (; !flood.closed && !flood.destroyed && sent < 100_000; sent += 1000)
      await Promise.race([ended, Promise.all(Array.from({ length: 1000 }, () => cancelOne(flood)))])
    expect(sent).toBeGreaterThan(10_000)
    expect(sent).toBeLessThan(60_000)
    expect(await isBlocked(other)).toBe(true)
    other.destroy()
  })
})

describe('where every place is taken', () => {
  test('the sessions that never asked make room first, then the one that has been idle longest', async () => {
    const { open, lane } = await serve(4)
    const sessions = await Promise.all([open(), open(), open(), open()])
    const [first, silent, third, fourth] = sessions
    for (const session of [first, fourth, third]) expect(session && (await isBlocked(session))).toBe(true)
    const gone = () => sessions.map((session) => session.closed)
    const fifth = await open()
    expect(await isBlocked(fifth)).toBe(true)
    await expect.poll(gone).toEqual([false, true, false, false])
    expect(silent?.closed).toBe(true)
    expect(first && (await isBlocked(first))).toBe(true)
    const sixth = await open()
    expect(await isBlocked(sixth)).toBe(true)
    await expect.poll(gone).toEqual([false, true, false, true])
    expect([lane.evictedConnections, lane.refusedConnections]).toEqual([2, 0])
    for (const session of [...sessions, fifth, sixth]) session.destroy()
  })

  test('whoever comes is served, a thousand and more, each in its turn', async () => {
    const { open, lane } = await serve(20)
    const held: ClientHttp2Session[] = []
    for (let count = 0; count < 100; count++) {
      const session = await open()
      session.on('error', () => {})
      held.push(session)
      expect(await isBlocked(session)).toBe(true)
    }
    await expect.poll(() => held.filter(({ closed }) => !closed).length).toBe(20)
    expect([lane.evictedConnections, lane.refusedConnections]).toEqual([80, 0])
    for (const session of held) session.destroy()
  })

  test('no session that asked lately is given up for a stranger, who is refused', async () => {
    const { open, lane } = await serve(2, {})
    const [one, other] = await Promise.all([open(), open()])
    for (const session of [one, other]) expect(await isBlocked(session)).toBe(true)
    for (let stranger = 0; stranger < 5; stranger++)
      await expect(open().then((session) => isBlocked(session))).rejects.toThrow()
    for (const session of [one, other]) expect(await isBlocked(session)).toBe(true)
    expect([lane.evictedConnections, lane.refusedConnections]).toEqual([0, 5])
    for (const session of [one, other]) session.destroy()
  })

  test('who asks without a token that lets in keeps no place by it', async () => {
    const issuerKey = generateKeyPairSync('ed25519').publicKey.export({
      type: 'spki',
      format: 'pem',
    }) as string
    const { open, lane } = await serve(1, { oauth: { issuerKey, issuer: undefined, instanceId: 'x' } })
    const stranger = await open()
    expect((await ask(stranger, checkPath(phone))).status).toBe(401)
    const next = await open()
    expect((await ask(next, checkPath(phone))).status).toBe(401)
    expect([lane.evictedConnections, lane.refusedConnections]).toEqual([1, 0])
    for (const session of [stranger, next]) session.destroy()
  })

  test('TLS that is never finished makes room for those who finish it', async () => {
    const pem = (name: string) => readFile(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
    const [ca, certificate, key] = (await Promise.all(['ca', 'server', 'server-key'].map(pem))) as [
      string,
      string,
      string,
    ]
    const { port, lane } = await serve(1, { tls: { certificate, key, clientCa: undefined } })
    const unfinished = Array.from({ length: 5 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    await Promise.all(unfinished.map((socket) => once(socket, 'connect')))
    await expect.poll(() => lane.refusedConnections).toBe(3)
    const session = await openSession(`https://localhost:${port}`, { ca })
    expect(await isBlocked(session)).toBe(true)
    for (const each of [...unfinished, session]) each.destroy()
  })

  test('a session that makes room is answered all that it sent until it was told', async () => {
    const { open } = await serve(1)
    const session = await open()
    const outcomes: unknown[] = []
    const asking = askUntilTold(session, (outcome) => outcomes.push(outcome))
    await expect.poll(() => outcomes.length).toBeGreaterThan(20)
    const next = await open()
    await asking
    expect(new Set(outcomes)).toEqual(new Set([true]))
    expect(await isBlocked(next)).toBe(true)
    next.destroy()
  })

  test('a connection that stays open behind its session is closed', async () => {
    const { open, server, port } = await serve(1)
    const half = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    half.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0')
    half.resume()
    const ended = once(half, 'end')
    await once(half, 'data')
    const next = await open()
    await ended
    const connections = () =>
      new Promise<number>((resolve) => server.server.getConnections((_, count) => resolve(count)))
    await expect.poll(connections, { timeout: 5000 }).toBe(1)
    for (const each of [half, next]) each.destroy()
  })
})

describe('taking leave', () => {
  test('goes on answering the sessions in place through the grace, takes no others, and loses nothing', async () => {
    const { open, port, server } = await serve()
    const sessions = await Promise.all(Array.from({ length: 4 }, open))
    const left = { during: 0, wrong: [] as unknown[] }
    let isDraining = false
    const asking = sessions.map((session) =>
      askUntilTold(session, (outcome) => {
        if (outcome !== true) left.wrong.push(outcome)
        else if (isDraining) left.during += 1
      }),
    )
    const idle = await open()
    const told = Promise.all([...sessions, idle].map((session) => once(session, 'goaway')))
    const startedMs = performance.now()
    isDraining = true
    const drained = server.drain(800)
    await told
    expect(performance.now() - startedMs).toBeGreaterThan(750)
    await Promise.all([drained, ...asking])
    expect(left.wrong).toEqual([])
    expect(left.during).toBeGreaterThan(100)
    const late = connect(port, '127.0.0.1')
    await expect(once(late, 'connect')).rejects.toThrow('ECONNREFUSED')
  })

  test('ends a moment after the grace, whatever a peer does not read or never says', async () => {
    const { port, url, server } = await serve()
    const silent = connect(port, '127.0.0.1')
    await once(silent, 'connect')
    // A window of nothing: no answer's body can be sent.
    const stuck = connectHttp2(url, { settings: { initialWindowSize: 0 } })
    await once(stuck, 'remoteSettings')
    const stream = stuck.request({ ':path': checkPath(phone) })
    await once(stream, 'response')
    const startedMs = performance.now()
    await server.drain(200)
    expect(performance.now() - startedMs).toBeLessThan(2500)
    for (const each of [silent, stuck]) each.destroy()
  })
})
