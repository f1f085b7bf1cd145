import { type Avp, encodeAvp, findAvp } from './avp.ts'
import { type AvpName, avps, commands, results } from './dictionary.ts'

/** What is wrong with a request, and the AVP that shows it. */
export interface Fault {
  readonly result: number
  readonly failed?: Buffer
}

/** How often a message, or a group in it, holds its AVPs (RFC 6733 §3.2): all others come as often as they like. */
export interface Grammar {
  /** Those that it must hold. */
  readonly required: readonly AvpName[]
  /** Those that it holds at most once. */
  readonly single: readonly AvpName[]
}

/** Terminal-Information (TS 29.272 §7.3.3). */
export const terminalGrammar: Grammar = {
  required: [avps.imei],
  single: [avps.imei, avps.meid, avps.softwareVersion],
}

const named = [avps.originHost, avps.originRealm] as const

/** ME-Identity-Check (TS 29.272 §7.2.19). */
export const meIdentityCheckGrammar: Grammar = {
  required: [
    avps.sessionId,
    avps.authSessionState,
    ...named,
    avps.destinationRealm,
    avps.terminalInformation,
  ],
  single: [
    avps.sessionId,
    avps.drmp,
    avps.vendorSpecificApplicationId,
    avps.authSessionState,
    ...named,
    avps.destinationHost,
    avps.destinationRealm,
    avps.terminalInformation,
    avps.userName,
  ],
}

/** The grammar of each command that is spoken here. */
export const grammars: Readonly<Record<number, Grammar>> = {
  /** RFC 6733 §5.3.1. */
  [commands.capabilitiesExchange]: {
    required: [...named, avps.hostIpAddress, avps.vendorId, avps.productName],
    single: [...named, avps.vendorId, avps.productName, avps.originStateId, avps.firmwareRevision],
  },
  // Who watches or leaves has introduced itself: it is answered without its name too, which RFC 6733 §5.5.1 and §5.4.1 ask for.
  [commands.deviceWatchdog]: { required: [], single: [...named, avps.originStateId] },
  [commands.disconnectPeer]: { required: [], single: [...named, avps.disconnectCause] },
  [commands.meIdentityCheck]: meIdentityCheckGrammar,
}

/** AVPs of the IETF that hold a number of 32 bits (RFC 6733 §4.2), by their codes. */
export const numberCodes: readonly number[] = [
  ...[avps.authApplicationId, avps.acctApplicationId, avps.supportedVendorId, avps.vendorId],
  ...[avps.firmwareRevision, avps.disconnectCause, avps.authSessionState, avps.originStateId],
  ...[avps.inbandSecurityId, avps.drmp],
].map(({ code }) => code)

/** Finds a number of a wrong length, or else an AVP that comes more often than it may, or one that is missing. */
export function findGrammarFault({ required, single }: Grammar, found: readonly Avp[]): Fault | undefined {
  const misfit = found.find(
    ({ code, vendor, data }) => vendor === 0 && numberCodes.includes(code) && data.length !== 4,
  )
  if (misfit)
    return { result: results.invalidAvpLength, failed: encodeAvp({ code: misfit.code }, Buffer.alloc(4)) }
  const repeated = single.find((name) => found.filter((avp) => isNamed(avp, name)).length > 1)
  if (repeated) return tooMany(repeated, found.filter((avp) => isNamed(avp, repeated))[1])
  const absent = required.find((name) => !findAvp(found, name))
  return absent && missing(absent)
}

/** Refuses an AVP for its value, which may be a person's: the Failed-AVP says which one it was and not what it held. */
export function invalid(avp: Avp | undefined): Fault {
  if (!avp) return { result: results.invalidAvpValue }
  const name = avp.vendor === 0 ? { code: avp.code } : { code: avp.code, vendor: avp.vendor }
  return { result: results.invalidAvpValue, failed: encodeAvp(name, Buffer.alloc(0)) }
}

function isNamed(avp: Avp, { code, vendor = 0 }: AvpName): boolean {
  return avp.code === code && avp.vendor === vendor
}

/** What tells of a person or a phone: a Failed-AVP names it without its value. */
const personal: readonly AvpName[] = [avps.userName, avps.terminalInformation, avps.imei, avps.meid]

/** The Failed-AVP of what comes too often is a copy of the first one beyond what may come (RFC 6733 §7.1.5). */
function tooMany(name: AvpName, excess: Avp | undefined): Fault {
  const failed = excess && !personal.includes(name) ? excess.bytes : encodeAvp(name, Buffer.alloc(0))
  return { result: results.avpOccursTooManyTimes, failed }
}

/** Octets of the shortest value of AVPs that cannot be empty: numbers, and an address of IPv4 with its family. */
const shortestValues: ReadonlyMap<AvpName, number> = new Map<AvpName, number>([
  [avps.authSessionState, 4],
  [avps.vendorId, 4],
  [avps.hostIpAddress, 6],
])

/** The Failed-AVP of what is missing is an example of it, as short as it may be and of zeros (RFC 6733 §7.1.5). */
function missing(name: AvpName): Fault {
  return {
    result: results.missingAvp,
    failed: encodeAvp(name, Buffer.alloc(shortestValues.get(name) ?? 0)),
  }
}
