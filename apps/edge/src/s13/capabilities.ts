import { isIP } from 'node:net'
import {
  type Avp,
  decodeAvps,
  encodeAvp,
  encodeGroup,
  encodeNumber,
  encodeText,
  findAvp,
  readNumber,
} from './avp.ts'
import { applications, avps, noInbandSecurity, vendor3gpp } from './dictionary.ts'
import { type Fault, invalid } from './grammar.ts'

/** What a peer says of itself in its first message (RFC 6733 §5.3.1). */
export interface Capabilities {
  /** Its Origin-Host. */
  readonly peer: string
  /** Whether it speaks of S13, or of relaying. */
  readonly isCommon: boolean
  /** Whether it can do without TLS that begins behind CER and CEA; who names no way of securing the line can. */
  readonly isWithoutInbandSecurity: boolean
}

/** Reads what a peer says of itself, or what is wrong with how it says it. */
export function readCapabilities(found: readonly Avp[]): Capabilities | Fault {
  const nameless = [avps.originHost, avps.originRealm]
    .map((name) => findAvp(found, name))
    .find((avp) => !avp || !nameForm.test(avp.data.toString('latin1')))
  if (nameless) return invalid(nameless)
  const misread = allOf(found, avps.hostIpAddress.code).find(({ data }) => !isAddress(data))
  if (misread) return invalid(misread)
  const security = allOf(found, avps.inbandSecurityId.code).map(readNumber)
  return {
    peer: findAvp(found, avps.originHost)?.data.toString('latin1') ?? '',
    isCommon: applicationsIn(found).some((each) => each === applications.s13 || each === applications.relay),
    isWithoutInbandSecurity: security.length === 0 || security.includes(noInbandSecurity),
  }
}

/** A DiameterIdentity (RFC 6733 §4.3.1): it has no spaces and nothing beyond ASCII. */
const nameForm = /^[!-~]{1,255}$/

function allOf(found: readonly Avp[], code: number): readonly Avp[] {
  return found.filter((avp) => avp.code === code && avp.vendor === 0)
}

function applicationsIn(found: readonly Avp[]): readonly (number | undefined)[] {
  const groups = allOf(found, avps.vendorSpecificApplicationId.code).map(({ data }) => decodeAvps(data))
  const named = [...found, ...groups.flatMap((inner) => ('badLength' in inner ? [] : inner))]
  return [avps.authApplicationId, avps.acctApplicationId]
    .flatMap(({ code }) => allOf(named, code))
    .map(readNumber)
}

/** Octets of an address behind its family, by family: IPv4 and IPv6. Other families are not looked into. */
const addressLengths: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 16],
])

function isAddress(data: Buffer): boolean {
  if (data.length < 2) return false
  return data.length - 2 === (addressLengths.get(data.readUInt16BE()) ?? data.length - 2)
}

/** What we say of ourselves (RFC 6733 §5.3.2), at the address that the peer reached. */
export function capabilities(address: string, { result, failed }: Fault): readonly Buffer[] {
  return [
    encodeNumber(avps.resultCode, result),
    encodeAvp(avps.hostIpAddress, addressBytes(address)),
    encodeNumber(avps.vendorId, 0),
    encodeText(avps.productName, 'PCBS edge'),
    ...(failed ? [encodeAvp(avps.failedAvp, failed)] : []),
    encodeNumber(avps.supportedVendorId, vendor3gpp),
    encodeNumber(avps.inbandSecurityId, noInbandSecurity),
    encodeGroup(avps.vendorSpecificApplicationId, [
      encodeNumber(avps.vendorId, vendor3gpp),
      encodeNumber(avps.authApplicationId, applications.s13),
    ]),
  ]
}

/** An Address (RFC 6733 §4.3.1): the family, 1 for IPv4 and 2 for IPv6, then its bytes. */
function addressBytes(address: string): Buffer {
  // A socket that listens on both families names IPv4 peers in IPv6's way.
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (isIP(plain) === 4) return Buffer.from([0, 1, ...plain.split('.').map(Number)])
  const [before = '', after] = plain.split('%', 1)[0]?.split('::') ?? []
  const groupsOf = (text: string | undefined) => (text ? text.split(':') : [])
  const [head, tail] = [groupsOf(before), groupsOf(after)]
  const groups = [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail] as string[]
  return Buffer.from([
    0,
    2,
    ...groups.flatMap((text) => [Number.parseInt(text, 16) >> 8, Number.parseInt(text, 16) & 0xff]),
  ])
}
