import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EdgeList } from '../src/block-list/edge-list.ts'
import type { CheckContext } from '../src/checks/check-phone.ts'
import { Lane, makeLane, outcomes } from '../src/counters/lane.ts'
import { makeIdentity } from '../src/s13/answers.ts'
import { encodeAvp, encodeGroup, encodeNumber, encodeText } from '../src/s13/avp.ts'
import { type AvpName, applications, avps, commands } from '../src/s13/dictionary.ts'
import { decodeMessage, MessageReader } from '../src/s13/message.ts'
import { PeerSession } from '../src/s13/peer-session.ts'
import { capabilitiesRequest, checkContent, request } from './diameter-peer.ts'

const black = '35209900176148'
const white = '86000000000000'
const owner = '502121234567890'
const list = new EdgeList()
list.apply({
  seq: 1,
  atMs: 0,
  imei: black,
  status: 'PROHIBITED',
  exceptions: [{ telcoId: 1, imsiToken: owner }],
})

/** A session, and everything that it does but for its answers. */
function openSession() {
  const done: unknown[] = []
  const context: CheckContext = {
    list,
    settings: { unknownDevice: 'ERROR_EQUIPMENT_UNKNOWN' },
    isOverloaded: false,
    tokenize: () => (imsi) => [imsi],
    onHit: (hit) => done.push(hit),
    onUse: (...use) => done.push(use),
  }
  const lane = new Lane(makeLane(), 's13')
  const policy = { identity: makeIdentity('eir.test', 'test'), peers: [] }
  const session = new PeerSession(context, lane, policy, '127.0.0.1')
  session.take(decodeMessage(capabilitiesRequest()))
  const counted = () => [lane.ignored('User-Name'), ...outcomes.map((outcome) => lane.of(outcome))]
  return { session, done, counted }
}

/** What the session says and does with this stream of bytes, by the quick reader where it can. */
function readQuickly(stream: Buffer) {
  const { session, done, counted } = openSession()
  const reader = new MessageReader()
  reader.push(stream)
  const { replies, isOver } = session.answerAll(reader)
  return { replies: (replies ?? Buffer.alloc(0)).toString('hex'), isOver, done, counted: counted() }
}

/** The same by the full reader alone. */
function readFully(stream: Buffer) {
  const { session, done, counted } = openSession()
  const reader = new MessageReader()
  reader.push(stream)
  const replies: Buffer[] = []
  let isOver = false
  for (let at = reader.next(); at !== undefined && !isOver; at = isOver ? undefined : reader.next()) {
    const reply =
      at === 'broken' ? 'close' : session.take(decodeMessage(reader.bytes.subarray(at, reader.end)))
    if (reply === 'close') isOver = true
    else if (reply) {
      replies.push(reply.bytes)
      isOver = reply.isLast
    }
  }
  return { replies: Buffer.concat(replies).toString('hex'), isOver, done, counted: counted() }
}

const imei = fc.constantFrom(black, `${black}1`, `${black}78`, white, '123', '3520990017614x', '')
const imsi = fc.constantFrom(owner, '502129999999999', 'somebody', '1234', '')

/** A member of Terminal-Information; what is no AVP among them. */
const member = fc.oneof(
  imei.map((digits) => encodeText(avps.imei, digits)),
  fc.constantFrom(
    encodeText(avps.softwareVersion, '01'),
    encodeText(avps.meid, 'A0000000000001'),
    encodeText({ code: avps.imei.code }, white),
    encodeText({ code: avps.imei.code, vendor: 0 }, white),
    encodeAvp({ code: 9999, vendor: 7 }, Buffer.alloc(3)),
    Buffer.from('000005', 'hex'),
    Buffer.alloc(8),
  ),
)

/** An AVP that a check may hold, or one that it may not. */
const avp: fc.Arbitrary<Buffer> = fc.oneof(
  fc.constantFrom(...checkContent(black, owner).values(), ...checkContent(white, '502129999999999').values()),
  imsi.map((digits) => encodeText(avps.userName, digits)),
  fc.array(member, { maxLength: 4 }).map((members) => encodeGroup(avps.terminalInformation, members)),
  fc.constantFrom(
    encodeText(avps.proxyInfo, 'proxy'),
    encodeText({ code: 282 }, 'a route record'),
    encodeText(avps.destinationHost, 'eir.test'),
    encodeNumber(avps.drmp, 1),
    encodeGroup(avps.vendorSpecificApplicationId, []),
    encodeText({ code: 9999 }, 'unknown, to be understood'),
    encodeText({ code: 9999, isOptional: true }, 'unknown'),
    encodeAvp({ code: 5, vendor: 7, isOptional: true }, Buffer.alloc(3)),
    // The IETF's AVPs with the vendor's field, which says 0.
    encodeText({ code: avps.userName.code, vendor: 0, isOptional: true }, owner),
    encodeText({ code: avps.sessionId.code, vendor: 0, isOptional: true }, 'another session'),
    encodeGroup({ code: avps.terminalInformation.code, isOptional: true }, [encodeText(avps.imei, white)]),
    encodeText({ code: avps.sessionId.code, vendor: avps.imei.vendor, isOptional: true }, 'no session'),
  ),
)

const header = fc.record({
  command: fc.constantFrom(commands.meIdentityCheck, commands.deviceWatchdog, 999),
  application: fc.constantFrom(applications.s13, applications.base),
  isRequest: fc.constantFrom(true, true, true, false),
  isProxiable: fc.boolean(),
  isError: fc.constantFrom(false, false, false, true),
  hopByHop: fc.constantFrom(0, 1, 0xffff_fff0),
  endToEnd: fc.constant(7),
})
const check = { command: commands.meIdentityCheck, application: applications.s13, isProxiable: true }

/** A whole check with AVPs left out, put in and repeated, in any order. */
const message = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: fc.constant({ ...check, hopByHop: 5 }) }, header),
    imei,
    fc.option(imsi, { nil: undefined }),
    fc.array(avp, { maxLength: 3 }),
    fc.option(fc.nat(6), { nil: undefined }),
    fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  )
  .map(([head, phone, sim, more, leftOut, dice]) => {
    const kept = [...checkContent(phone, sim).values(), ...more].filter((_, index) => index !== leftOut)
    const order = kept.map((bytes) => ({ bytes, at: dice.next().value as number }))
    return request(
      head,
      order.toSorted((one, other) => one.at - other.at).map(({ bytes }) => bytes),
    )
  })

const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 })

/** The same message with bytes changed behind its length, so that it stays one message. */
const mutated = fc.tuple(message, mutations).map(([bytes, changes]) => {
  for (const [at, byte] of changes) bytes[4 + (at % (bytes.length - 4))] = byte
  return bytes
})

const runs = Number(process.env.PCBS_MUTATIONS ?? 3000)

test('of any messages, whole, repeated and damaged, the quick reader says and does what the full one does', () => {
  fc.assert(
    fc.property(fc.array(mutated, { minLength: 1, maxLength: 3 }), (messages) => {
      const stream = Buffer.concat(messages)
      expect(readQuickly(stream)).toEqual(readFully(stream))
    }),
    { numRuns: runs },
  )
}, 600_000)

test('of any bytes behind a check’s header the quick reader says and does what the full one does', () => {
  const anything = fc.oneof(fc.uint8Array({ maxLength: 60 }), avp).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 8 }), mutated, (pieces, next) => {
      const content = Buffer.concat(pieces)
      const padding = Buffer.alloc(-content.length & 3)
      const stream = Buffer.concat([request(check, [content, padding]), next])
      expect(readQuickly(stream)).toEqual(readFully(stream))
    }),
    { numRuns: runs },
  )
}, 600_000)

test('of two phones in one check neither is answered, and of two SIMs neither lets it through', () => {
  const two = (name: AvpName, second: Buffer) => {
    const content = [...checkContent(black, owner).values()]
    return [
      [...content, second],
      [second, ...content.filter((_, index) => index > 0), encodeText(avps.sessionId, 'last')],
      [...content, second, encodeText(avps.proxyInfo, 'proxy')],
    ].map((each) => ({ name, bytes: request(check, each) }))
  }
  const terminal = encodeGroup(avps.terminalInformation, [encodeText(avps.imei, white)])
  for (const { name, bytes } of [
    ...two(avps.terminalInformation, terminal),
    ...two(avps.userName, encodeText(avps.userName, '502129999999999')),
  ]) {
    const { replies, done } = readQuickly(bytes)
    expect(replies, `${name.code}`).toContain(encodeNumber(avps.resultCode, 5009).toString('hex'))
    expect(done).toEqual([])
  }
})

test.each<[string, number, Buffer, Buffer[]]>([
  [
    'an unknown mandatory AVP in Terminal-Information',
    5001,
    encodeAvp(avps.failedAvp, encodeText({ code: 9999 }, 'x')),
    [encodeGroup(avps.terminalInformation, [encodeText(avps.imei, black), encodeText({ code: 9999 }, 'x')])],
  ],
  [
    'a member of Terminal-Information that is longer than it',
    5014,
    encodeAvp(avps.failedAvp, Buffer.from('0000057ac0000008', 'hex')),
    [encodeGroup(avps.terminalInformation, [Buffer.from('0000057ac000003c000028af', 'hex')])],
  ],
  ...[0, 3, 8].map((octets): [string, number, Buffer, Buffer[]] => [
    `an Auth-Session-State of ${octets} octets`,
    5014,
    encodeAvp(avps.failedAvp, encodeAvp(avps.authSessionState, Buffer.alloc(4))),
    [encodeAvp(avps.authSessionState, Buffer.alloc(octets))],
  ]),
  [
    'a DRMP of nothing',
    5014,
    encodeAvp(avps.failedAvp, encodeAvp({ code: avps.drmp.code }, Buffer.alloc(4))),
    [encodeAvp(avps.drmp, Buffer.alloc(0))],
  ],
  [
    'a Destination-Realm twice, of which the second is shown',
    5009,
    encodeAvp(avps.failedAvp, encodeText(avps.destinationRealm, 'the second')),
    [encodeText(avps.destinationRealm, 'the first'), encodeText(avps.destinationRealm, 'the second')],
  ],
])('%s is refused by both readers with %i and shown in Failed-AVP', (_, result, failed, avpsOfIt) => {
  const codeOf = (bytes: Buffer) => bytes.readUInt32BE()
  const rest = [...checkContent(black).values()].filter(
    (each) => codeOf(each) !== codeOf(avpsOfIt[0] as Buffer),
  )
  const bytes = request(check, [...rest, ...avpsOfIt])
  for (const { replies, done } of [readQuickly(bytes), readFully(bytes)]) {
    expect(replies).toContain(encodeNumber(avps.resultCode, result).toString('hex'))
    expect(replies).toContain(failed.toString('hex'))
    expect(done).toEqual([])
  }
})

test('a MEID and a software version that must be understood are', () => {
  const members = [encodeText(avps.imei, black), encodeText(avps.meid, 'A0000000000001')]
  const content = checkContent(black).set(
    avps.terminalInformation,
    encodeGroup(avps.terminalInformation, [...members, encodeText(avps.softwareVersion, '01')]),
  )
  const bytes = request(check, [...content.values()])
  for (const { done } of [readQuickly(bytes), readFully(bytes)]) expect(done).not.toEqual([])
})
