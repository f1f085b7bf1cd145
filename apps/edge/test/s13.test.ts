import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EdgeList } from '../src/block-list/edge-list.ts'
import type { CheckContext } from '../src/checks/check-phone.ts'
import type { CheckSettings } from '../src/config/edge-config.ts'
import { Lane, makeLane } from '../src/counters/lane.ts'
import { decodeAvps, encodeAvp, encodeGroup, encodeNumber, encodeText, findAvp } from '../src/s13/avp.ts'
import { type AvpName, applications, avps, commands, results } from '../src/s13/dictionary.ts'
import { encodeMessage, type Message, MessageReader } from '../src/s13/message.ts'
import { createS13Server } from '../src/s13/server.ts'
import {
  capabilitiesRequest,
  checkContent,
  checkRequest,
  DiameterPeer,
  messagesIn,
  request,
} from './diameter-peer.ts'

const black = '35209900176148'
const grey = '49015420323751'
const white = '35761300444848'
const owner = '502121234567890'
const hits: unknown[] = []
const settings: { unknownDevice: CheckSettings['unknownDevice'] } = { unknownDevice: 'WHITELISTED' }
const context = {
  list: new EdgeList(),
  settings,
  isOverloaded: false,
  tokenize: () => (imsi) => [`token of ${imsi}`],
  onHit: (hit: unknown) => hits.push(hit),
} satisfies CheckContext
const originHost = 'eir.telco-a.test'
const memory = makeLane()
const { server, drain } = createS13Server(context, new Lane(memory, 's13'), {
  host: '127.0.0.1',
  port: 0,
  originHost,
  originRealm: 'telco-a.test',
  peers: ['mme.test'],
  tls: undefined,
})
let port: number

beforeAll(async () => {
  context.list.apply({
    seq: 1,
    atMs: 0,
    imei: black,
    status: 'PROHIBITED',
    exceptions: [{ telcoId: 1, imsiToken: `token of ${owner}` }],
  })
  context.list.apply({ seq: 2, atMs: 0, imei: grey, status: 'TRACKING', exceptions: [] })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => drain(0))

describe('a peer', () => {
  test('is known by name and speaks of S13, or of relaying', async () => {
    for (const application of [applications.s13, applications.relay]) {
      const peer = await DiameterPeer.connect(port, Buffer.alloc(0))
      const answer = await peer.ask(capabilitiesRequest(application))
      expect(answer).toMatchObject({ result: results.success, isRequest: false, isError: false })
      expect(findAvp(answer?.found ?? [], avps.originHost)?.data.toString()).toBe(originHost)
      peer.socket.destroy()
    }
    const deaf = await DiameterPeer.connect(port, Buffer.alloc(0))
    expect((await deaf.ask(capabilitiesRequest(16_777_251)))?.result).toBe(results.noCommonApplication)
    await once(deaf.socket, 'close')
    const stranger = await DiameterPeer.connect(port, Buffer.alloc(0))
    const named = [encodeText(avps.originHost, 'stranger.test'), encodeText(avps.originRealm, 'test')]
    expect((await stranger.ask(capabilitiesRequest(applications.s13, named)))?.result).toBe(
      results.unknownPeer,
    )
    await once(stranger.socket, 'close')
  })

  test('that asks before it says who it is loses its connection', async () => {
    const peer = await DiameterPeer.connect(port, Buffer.alloc(0))
    expect(await peer.ask(checkRequest(checkContent(black)))).toBeUndefined()
  })

  test('is answered its watchdog, and let go when it says so', async () => {
    const peer = await DiameterPeer.connect(port)
    const watchdog = request({ command: commands.deviceWatchdog, hopByHop: 7, endToEnd: 8 }, [])
    expect(await peer.ask(watchdog)).toMatchObject({ result: results.success, hopByHop: 7, endToEnd: 8 })
    expect((await peer.ask(request({ command: commands.disconnectPeer }, [])))?.result).toBe(results.success)
    await once(peer.socket, 'close')
  })
})

describe('an ME-Identity-Check', () => {
  test('tells white, grey and black, in every spelling, and lets the owner through', async () => {
    const peer = await DiameterPeer.connect(port)
    const statusOf = async (imei: string, imsi?: string) =>
      (await peer.ask(checkRequest(checkContent(imei, imsi))))?.status
    expect(await statusOf(white)).toBe(0)
    expect(await statusOf(grey)).toBe(2)
    for (const spelling of [black, `${black}1`, `${black}0`, `${black}78`]) {
      expect(await statusOf(spelling)).toBe(1)
      expect(await statusOf(spelling, '502129999999999')).toBe(1)
      expect(await statusOf(spelling, owner)).toBe(0)
    }
    expect(hits).toContainEqual({ imei: Number(black), imsi: '502129999999999', status: 'PROHIBITED' })
    peer.socket.destroy()
  })

  test('says that a phone is not known where it is to be said', async () => {
    const peer = await DiameterPeer.connect(port)
    settings.unknownDevice = 'ERROR_EQUIPMENT_UNKNOWN'
    const answer = await peer.ask(checkRequest(checkContent(white)))
    settings.unknownDevice = 'WHITELISTED'
    expect(answer).toMatchObject({ result: undefined, experimental: 5422, status: undefined, isError: false })
    peer.socket.destroy()
  })

  test('without what it needs, or with what it must not have, is refused with the AVP that it is about', async () => {
    const peer = await DiameterPeer.connect(port)
    const refusalOf = async (bytes: Buffer) => {
      const answer = await peer.ask(bytes)
      const failed = findAvp(answer?.found ?? [], avps.failedAvp)
      const inner = failed ? decodeAvps(failed.data) : []
      const [first] = 'badLength' in inner ? [] : inner
      // Which phone it was about does not come back.
      expect(failed?.data.includes('3520990017614x') ?? false).toBe(false)
      return { result: answer?.result, code: first?.code, isError: answer?.isError }
    }
    for (const name of checkContent(black).keys()) {
      const content = checkContent(black)
      content.delete(name)
      const expected = { result: results.missingAvp, code: name.code, isError: false }
      expect(await refusalOf(checkRequest(content))).toEqual(expected)
    }
    for (const imei of ['', '123', '3520990017614x', '12345678901234567'])
      expect(await refusalOf(checkRequest(checkContent(imei)))).toMatchObject({ result: 5004, code: 1402 })
    const foreign = checkContent(black).set({ code: 9999 }, encodeAvp({ code: 9999 }, Buffer.alloc(4)))
    expect(await refusalOf(checkRequest(foreign))).toMatchObject({
      result: results.avpUnsupported,
      code: 9999,
    })
    const long = checkContent(black)
    const broken = encodeText(avps.userName, owner)
    broken.writeUIntBE(200, 5, 3)
    expect(await refusalOf(checkRequest(long.set(avps.userName, broken)))).toMatchObject({
      result: results.invalidAvpLength,
      code: 1,
    })
    expect(await refusalOf(checkRequest(checkContent(black), { command: 999 }))).toMatchObject({
      result: results.commandUnsupported,
      isError: true,
    })
    expect(await refusalOf(checkRequest(checkContent(black), { application: 1 }))).toMatchObject({
      result: results.applicationUnsupported,
      isError: true,
    })
    peer.socket.destroy()
  })

  test('of a blocked phone is answered black whatever stands in User-Name, and what is no IMSI is counted', async () => {
    const peer = await DiameterPeer.connect(port)
    const lane = new Lane(memory, 's13')
    const before = lane.ignored('User-Name')
    const unreadable = [
      '',
      'somebody',
      '1234',
      '5021212345678901',
      `${owner}@nai.test`,
      'imsi-502121234567890',
    ]
    for (const name of unreadable)
      expect(await peer.ask(checkRequest(checkContent(black, name)))).toMatchObject({
        result: 2001,
        status: 1,
      })
    expect(lane.ignored('User-Name') - before).toBe(unreadable.length)
    peer.socket.destroy()
  })

  test('that repeats what it may hold once is refused with 5009, with proxies on its way and without', async () => {
    const peer = await DiameterPeer.connect(port)
    const proxy = encodeText(avps.proxyInfo, 'proxy')
    const header = { command: commands.meIdentityCheck, application: applications.s13, isProxiable: true }
    const second = new Map<AvpName, Buffer>([
      ...checkContent(white, '502129999999999'),
      [avps.destinationHost, encodeText(avps.destinationHost, 'eir.test')],
      [avps.drmp, encodeNumber(avps.drmp, 4)],
      [avps.vendorSpecificApplicationId, encodeGroup(avps.vendorSpecificApplicationId, [])],
    ])
    for (const [name, repeated] of second) {
      const first = [...new Map([...second, ...checkContent(black, owner)]).values()]
      for (const more of [[], [proxy]]) {
        const answer = await peer.ask(request(header, [...first, repeated, ...more]))
        const failed = findAvp(answer?.found ?? [], avps.failedAvp)
        expect(answer).toMatchObject({ result: 5009, status: undefined, isError: false })
        expect(decodeAvps(failed?.data ?? Buffer.alloc(0))).toMatchObject([{ code: name.code }])
        expect(failed?.data.includes(owner) || failed?.data.includes(black)).toBe(false)
      }
    }
    for (const twice of [avps.imei, avps.softwareVersion, avps.meid]) {
      const members = [encodeText(avps.imei, black), encodeText(twice, '01'), encodeText(twice, '02')]
      const content = checkContent(black).set(
        avps.terminalInformation,
        encodeGroup(avps.terminalInformation, members),
      )
      expect(await peer.ask(checkRequest(content))).toMatchObject({ result: 5009, status: undefined })
    }
    peer.socket.destroy()
  })

  test('comes back with the session and the proxies’ own words, in the order in which they came', async () => {
    const peer = await DiameterPeer.connect(port)
    const [one, two] = ['proxy-1', 'proxy-2'].map((name) => encodeText(avps.proxyInfo, name))
    const content = [...checkContent(black).values(), one as Buffer, two as Buffer]
    const header = { command: commands.meIdentityCheck, application: applications.s13, isProxiable: true }
    const answer = await peer.ask(request({ ...header, hopByHop: 0xffff_fffe, endToEnd: 3 }, content))
    expect(answer).toMatchObject({ hopByHop: 0xffff_fffe, endToEnd: 3, isProxiable: true, status: 1 })
    expect(answer?.found[0]).toMatchObject({ code: avps.sessionId.code })
    const proxies = answer?.found.filter(({ code }) => code === avps.proxyInfo.code)
    expect(proxies?.map(({ data }) => data.toString())).toEqual(['proxy-1', 'proxy-2'])
    peer.socket.destroy()
  })

  test('may come many in one segment, or one in many', async () => {
    const peer = await DiameterPeer.connect(port)
    const ids = Array.from({ length: 500 }, (_, id) => id)
    peer.socket.write(Buffer.concat(ids.map((hopByHop) => checkRequest(checkContent(black), { hopByHop }))))
    const answers = await peer.take(ids.length)
    expect(answers.map(({ hopByHop }) => hopByHop)).toEqual(ids)
    const bytes = checkRequest(checkContent(grey))
    for (const byte of bytes.subarray(0, -1)) peer.socket.write(Buffer.of(byte))
    expect((await peer.ask(bytes.subarray(-1)))?.status).toBe(2)
    peer.socket.destroy()
  })
})

describe('the codec', () => {
  const message = fc.record({
    isRequest: fc.boolean(),
    isProxiable: fc.boolean(),
    isError: fc.boolean(),
    command: fc.integer({ min: 0, max: 0xff_ffff }),
    application: fc.integer({ min: 0, max: 0xffff_ffff }),
    hopByHop: fc.integer({ min: 0, max: 0xffff_ffff }),
    endToEnd: fc.integer({ min: 0, max: 0xffff_ffff }),
  })
  const avp = fc.record({
    code: fc.integer({ min: 0, max: 0xffff_ffff }),
    vendor: fc.integer({ min: 0, max: 0xffff_ffff }),
    data: fc.uint8Array({ maxLength: 40 }),
  })

  test('reads what it writes, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(message, fc.array(avp, { maxLength: 5 })), { maxLength: 5 }),
        fc.integer({ min: 1, max: 50 }),
        (sent, step) => {
          const bytes = Buffer.concat(
            sent.map(([header, content]) =>
              encodeMessage(
                header,
                content.map(({ code, vendor, data }) =>
                  encodeAvp(vendor === 0 ? { code } : { code, vendor }, data),
                ),
              ),
            ),
          )
          const reader = new MessageReader()
          const read: (Message | 'broken')[] = []
          for (let at = 0; at < bytes.length; at += step)
            read.push(...messagesIn(reader, bytes.subarray(at, at + step)))
          const received = read.map((each) => {
            if (each === 'broken') return each
            const { avps: content, version, ...header } = each
            const found = decodeAvps(content)
            return 'badLength' in found
              ? found
              : [
                  header,
                  found.map(({ code, vendor, data }) => ({ code, vendor, data: Uint8Array.from(data) })),
                ]
          })
          expect(received).toEqual(sent)
        },
      ),
    )
  })

  test('of mutated messages answers or closes, and the server goes on', async () => {
    const whole = Buffer.concat([capabilitiesRequest(), checkRequest(checkContent(black, owner))])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (mutations) => {
          const bytes = Buffer.from(whole)
          for (const [at, byte] of mutations) bytes[at] = byte
          const peer = await DiameterPeer.connect(port, Buffer.alloc(0))
          peer.socket.end(bytes)
          await once(peer.socket, 'close')
        },
      ),
      { numRuns: Number(process.env.PCBS_MUTATIONS ?? 300) },
    )
    const peer = await DiameterPeer.connect(port)
    expect((await peer.ask(checkRequest(checkContent(black))))?.status).toBe(1)
    peer.socket.destroy()
  }, 600_000)
})
