import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { EdgeList } from '../src/block-list/edge-list.ts'
import type { CheckContext } from '../src/checks/check-phone.ts'
import { Lane, makeLane } from '../src/counters/lane.ts'
import { decodeAvps, encodeNumber, encodeText, findAvp, readNumber } from '../src/s13/avp.ts'
import { type AvpName, applications, avps, commands } from '../src/s13/dictionary.ts'
import { createS13Server, type S13Server } from '../src/s13/server.ts'
import type { S13Settings } from '../src/s13/settings.ts'
import { capabilitiesContent, checkContent, checkRequest, DiameterPeer, request } from './diameter-peer.ts'

const certificate = (name: string) => readFile(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
const [ca, serverCertificate, serverKey, clientCertificate, clientKey] = (await Promise.all(
  ['ca', 'server', 'server-key', 'client', 'client-key'].map(certificate),
)) as [string, string, string, string, string]

const context: CheckContext = {
  list: new EdgeList(),
  settings: { unknownDevice: 'WHITELISTED' },
  isOverloaded: false,
  tokenize: () => undefined,
  onHit: () => {},
}

let running: S13Server | undefined
afterEach(() => running?.drain(0))

async function serve(settings: Partial<S13Settings> = {}) {
  const memory = makeLane()
  running = createS13Server(context, new Lane(memory, 's13'), {
    host: '127.0.0.1',
    port: 0,
    originHost: 'eir.telco-a.test',
    originRealm: 'telco-a.test',
    peers: [],
    tls: undefined,
    ...settings,
  })
  await once(running.server.listen(0, '127.0.0.1'), 'listening')
  const { port } = running.server.address() as AddressInfo
  return { port, lane: new Lane(memory, 's13') }
}

const isClosed = (socket: Socket) => (socket.destroyed ? Promise.resolve() : once(socket, 'close'))

describe('the watchdog', () => {
  const watchdogMs = 150

  test('asks in every period of silence, for as long as it is answered', async () => {
    const { port } = await serve({ watchdogMs })
    const peer = await DiameterPeer.connect(port)
    await expect.poll(() => peer.requests.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(4)
    // What the peer says in between begins a new period, in which it is asked again.
    expect((await peer.ask(checkRequest(checkContent('86000000000000'))))?.status).toBe(0)
    const asked = peer.requests.length
    await expect.poll(() => peer.requests.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(asked + 2)
    expect(new Set(peer.requests.map(({ command }) => command))).toEqual(new Set([commands.deviceWatchdog]))
    expect(peer.isClosed).toBe(false)
    peer.socket.destroy()
  })

  test('lets a peer go that is silent for a second period, also after it has answered before', async () => {
    const { port } = await serve({ watchdogMs })
    for (const answers of [0, 1, 3]) {
      const peer = await DiameterPeer.connect(port)
      peer.answersLeft = answers
      await isClosed(peer.socket)
      expect(peer.requests).toHaveLength(answers + 1)
    }
  })

  test('is not held off by pieces of a message', async () => {
    const { port } = await serve({ watchdogMs })
    const peer = await DiameterPeer.connect(port)
    peer.answersLeft = 0
    const bytes = checkRequest(checkContent('86000000000000'))
    let at = 0
    const dribble = setInterval(() => peer.socket.write(bytes.subarray(at, ++at)), 20)
    await isClosed(peer.socket)
    clearInterval(dribble)
    expect(at).toBeLessThan(bytes.length)
  })

  test('counts the identifiers of its requests up, and begins elsewhere on another connection', async () => {
    const { port } = await serve({ watchdogMs: 60 })
    const peers = await Promise.all([DiameterPeer.connect(port), DiameterPeer.connect(port)])
    for (const { requests } of peers) await expect.poll(() => requests.length).toBeGreaterThanOrEqual(3)
    for (const { requests } of peers)
      for (const [index, { hopByHop, endToEnd }] of requests.entries()) {
        const former = requests[index - 1]
        if (!former) continue
        expect(hopByHop).toBe((former.hopByHop + 1) % 2 ** 32)
        expect(endToEnd).toBe((former.endToEnd + 1) % 2 ** 32)
      }
    const [one, other] = peers.map(({ requests }) => requests[0]?.endToEnd)
    expect(one).not.toBe(other)
    for (const { socket } of peers) socket.destroy()
  })
})

describe('connections', () => {
  test('are bounded: where all have said who they are the surplus is refused, and counted', async () => {
    const { port, lane } = await serve({ mostConnections: 3 })
    const peers = await Promise.all(Array.from({ length: 3 }, () => DiameterPeer.connect(port)))
    const surplus = connect(port, '127.0.0.1')
    await isClosed(surplus)
    expect(lane.refusedConnections).toBe(1)
    for (const peer of peers)
      expect((await peer.ask(checkRequest(checkContent('86000000000000'))))?.status).toBe(0)
    peers[0]?.socket.destroy()
    await expect
      .poll(async () => {
        const peer = await DiameterPeer.connect(port)
        const { isClosed: wasRefused } = peer
        peer.socket.destroy()
        return wasRefused
      })
      .toBe(false)
    for (const { socket } of peers) socket.destroy()
  })

  test('that do not say who they are make room, the oldest first', async () => {
    const { port, lane } = await serve({ mostConnections: 3 })
    const known = await DiameterPeer.connect(port)
    const strangers = await Promise.all([1, 2].map(() => DiameterPeer.connect(port, Buffer.alloc(0))))
    const next = await DiameterPeer.connect(port)
    await expect.poll(() => strangers.filter(({ isClosed: isGone }) => isGone).length).toBe(1)
    expect([known.isClosed, next.isClosed, lane.refusedConnections]).toEqual([false, false, 1])
    for (const { socket } of [known, next, ...strangers]) socket.destroy()
  })

  test('over TLS are counted from the first byte, and keep their places once they have said who they are', async () => {
    const tls = { certificate: serverCertificate, key: serverKey, clientCa: undefined }
    const { port, lane } = await serve({ tls, mostConnections: 1 })
    const halfway = connect(port, '127.0.0.1')
    await once(halfway, 'connect')
    const socket = connectTls({ ca, port, host: '127.0.0.1', servername: 'localhost' })
    await once(socket, 'secureConnect')
    await isClosed(halfway)
    const peer = new DiameterPeer(socket)
    expect((await peer.ask(introduction(capabilitiesContent())))?.result).toBe(2001)
    const surplus = connect(port, '127.0.0.1')
    await isClosed(surplus)
    expect(lane.refusedConnections).toBe(2)
    expect((await peer.ask(checkRequest(checkContent('86000000000000'))))?.status).toBe(0)
    socket.destroy()
  })

  test('that do not say who they are are cut off after ten seconds, over TLS too', async () => {
    const { port } = await serve()
    const plain = connect(port, '127.0.0.1')
    const startedMs = performance.now()
    await isClosed(plain)
    expect(performance.now() - startedMs).toBeLessThan(15_000)
    await running?.drain(0)
    const tls = { certificate: serverCertificate, key: serverKey, clientCa: undefined }
    const secure = await serve({ tls })
    const silent = connect(secure.port, '127.0.0.1')
    await isClosed(silent)
  }, 40_000)

  test('end within the grace and a moment, whatever a peer does not read', async () => {
    const { port } = await serve()
    const peer = await DiameterPeer.connect(port)
    peer.answersLeft = 0
    peer.socket.pause()
    const bytes = Buffer.concat(Array(500).fill(checkRequest(checkContent('86000000000000'))))
    for (let times = 0; times < 200; times++) peer.socket.write(bytes)
    const startedMs = performance.now()
    await running?.drain(300)
    expect(performance.now() - startedMs).toBeLessThan(3000)
    peer.socket.destroy()
  })
})

describe('an introduction', () => {
  test('without what RFC 6733 §5.3.1 has it hold is refused with 5005, and the connection ends', async () => {
    const { port } = await serve()
    for (const name of [
      avps.originHost,
      avps.originRealm,
      avps.hostIpAddress,
      avps.vendorId,
      avps.productName,
    ]) {
      const content = capabilitiesContent()
      content.delete(name)
      expect(await refusalOf(port, content)).toEqual({ result: 5005, code: name.code, isError: false })
    }
  })

  test('with a name or an address that is none is refused with 5004, with a name twice with 5009', async () => {
    const { port } = await serve()
    for (const [name, value] of [
      [avps.originHost, ''],
      [avps.originHost, 'm me'],
      [avps.originRealm, ''],
      [avps.hostIpAddress, ''],
      [avps.hostIpAddress, '\0\u0001abc'],
      [avps.hostIpAddress, '\0\u0002abcd'],
    ] as const) {
      const content = capabilitiesContent().set(name, encodeText(name, value))
      expect(await refusalOf(port, content)).toMatchObject({ result: 5004, code: name.code })
    }
    for (const name of [avps.originHost, avps.originRealm, avps.vendorId, avps.productName]) {
      const content = capabilitiesContent()
      content.set({ ...name }, content.get(name) as Buffer)
      expect(await refusalOf(port, content)).toMatchObject({ result: 5009, code: name.code })
    }
  })

  test('is told that no TLS begins on this line, and refused with 5017 where it asks for nothing else', async () => {
    const { port } = await serve()
    const security = (...values: number[]) => {
      const content = capabilitiesContent()
      for (const value of values)
        content.set({ ...avps.inbandSecurityId }, encodeNumber(avps.inbandSecurityId, value))
      return content
    }
    for (const values of [[], [0], [1, 0], [0, 1]]) {
      const peer = await DiameterPeer.connect(port, Buffer.alloc(0))
      const answer = await peer.ask(introduction(security(...values)))
      expect(answer?.result).toBe(2001)
      const said = answer?.found.filter(({ code }) => code === avps.inbandSecurityId.code).map(readNumber)
      expect(said).toEqual([0])
      peer.socket.destroy()
    }
    for (const values of [[1], [2], [1, 2]])
      expect(await refusalOf(port, security(...values))).toMatchObject({ result: 5017, isError: false })
  })

  test('over TLS is held to the certificate: it must be for the Origin-Host, unless that is not asked for', async () => {
    const tls = { certificate: serverCertificate, key: serverKey, clientCa: ca }
    const shown = { ca, cert: clientCertificate, key: clientKey, servername: 'localhost' }
    const introduce = async (port: number, originHost: string) => {
      const socket = connectTls({ ...shown, port, host: '127.0.0.1' })
      await once(socket, 'secureConnect')
      const peer = new DiameterPeer(socket)
      const content = capabilitiesContent().set(avps.originHost, encodeText(avps.originHost, originHost))
      const result = (await peer.ask(introduction(content)))?.result
      socket.destroy()
      return result
    }
    const strict = await serve({ tls })
    // The certificate of the tests is for localhost.
    expect(await introduce(strict.port, 'localhost')).toBe(2001)
    expect(await introduce(strict.port, 'LocalHost')).toBe(2001)
    for (const name of ['mme.test', 'localhost.test', 'mme.localhost'])
      expect(await introduce(strict.port, name)).toBe(3010)
    await running?.drain(0)
    const lenient = await serve({ tls, certificateName: 'any' })
    expect(await introduce(lenient.port, 'mme.test')).toBe(2001)
  })
})

function introduction(content: ReadonlyMap<AvpName, Buffer>): Buffer {
  return request({ command: commands.capabilitiesExchange, application: applications.base }, [
    ...content.values(),
  ])
}

/** How an introduction is refused, once the connection has ended. */
async function refusalOf(port: number, content: ReadonlyMap<AvpName, Buffer>) {
  const peer = await DiameterPeer.connect(port, Buffer.alloc(0))
  const answer = await peer.ask(introduction(content))
  await isClosed(peer.socket)
  const inner = decodeAvps(findAvp(answer?.found ?? [], avps.failedAvp)?.data ?? Buffer.alloc(0))
  const [first] = 'badLength' in inner ? [] : inner
  return { result: answer?.result, code: first?.code, isError: answer?.isError }
}
