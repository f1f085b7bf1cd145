import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EdgeList } from '../src/block-list/edge-list.ts'
import type { CheckContext } from '../src/checks/check-phone.ts'
import { Lane, makeLane } from '../src/counters/lane.ts'
import { makeIdentity } from '../src/s13/answers.ts'
import { encodeAvp, encodeGroup, encodeText } from '../src/s13/avp.ts'
import { type AvpName, applications, avps, commands } from '../src/s13/dictionary.ts'
import { decodeMessage, MessageReader } from '../src/s13/message.ts'
import { PeerSession } from '../src/s13/peer-session.ts'
import { capabilitiesRequest, checkContent, request } from './diameter-peer.ts'

const black = '35209900176148'
const owner = '502121234567890'
const list = new EdgeList()
list.apply({
  seq: 1,
  atMs: 0,
  imei: black,
  status: 'PROHIBITED',
  exceptions: [{ telcoId: 1, imsiToken: owner }],
})
const context: CheckContext = {
  list,
  settings: { unknownDevice: 'ERROR_EQUIPMENT_UNKNOWN' },
  isOverloaded: false,
  tokenize: () => (imsi) => [imsi],
  onHit: () => {},
}

function openSession(): PeerSession {
  const policy = { identity: makeIdentity('eir.test', 'test'), peers: [] }
  const session = new PeerSession(context, new Lane(makeLane(), 's13'), policy, '127.0.0.1')
  session.take(decodeMessage(capabilitiesRequest()))
  return session
}

const imei = fc.constantFrom(black, `${black}1`, `${black}78`, '86000000000000', '123', '3520990017614x', '')
const imsi = fc.constantFrom(undefined, owner, '502129999999999', 'somebody', '1234')
const extra = fc.constantFrom<readonly (readonly [AvpName, Buffer])[]>(
  [],
  [[avps.proxyInfo, encodeText(avps.proxyInfo, 'proxy')]],
  [[{ code: 282 }, encodeText({ code: 282 }, 'a route record')]],
  [[{ code: 9999 }, encodeText({ code: 9999 }, 'unknown, to be understood')]],
  [[{ code: 9999 }, encodeText({ code: 9999, isOptional: true }, 'unknown')]],
  [[{ code: 5, vendor: 7 }, encodeAvp({ code: 5, vendor: 7, isOptional: true }, Buffer.alloc(3))]],
  [
    [
      avps.terminalInformation,
      encodeGroup(avps.terminalInformation, [
        encodeText(avps.softwareVersion, '01'),
        encodeText(avps.imei, black),
      ]),
    ],
  ],
)

test('a check that is answered quickly is answered as after a longer look', () => {
  const session = openSession()
  fc.assert(
    fc.property(
      imei,
      imsi,
      extra,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.option(fc.nat(6), { nil: undefined }),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 }),
      (phone, sim, more, dice, leftOut, mutations) => {
        const content = [...new Map([...checkContent(phone, sim), ...more]).values()]
        const kept = content.filter((_, index) => index !== leftOut)
        const order = kept.map((avp) => ({ avp, at: dice.next().value as number }))
        const shuffled = order.toSorted((one, other) => one.at - other.at).map(({ avp }) => avp)
        const header = {
          command: commands.meIdentityCheck,
          application: applications.s13,
          isProxiable: true,
          hopByHop: 0xffff_fff0,
          endToEnd: 7,
        }
        const bytes = request(header, shuffled)
        for (const [at, byte] of mutations) bytes[20 + (at % (bytes.length - 20))] = byte
        const reader = new MessageReader()
        reader.push(Buffer.concat([bytes, bytes]))
        const { replies } = session.answerAll(reader)
        const reply = session.take(decodeMessage(bytes))
        const slow = typeof reply === 'object' ? reply.bytes : Buffer.alloc(0)
        expect(replies?.toString('hex')).toBe(Buffer.concat([slow, slow]).toString('hex'))
      },
    ),
    { numRuns: 2000 },
  )
})
