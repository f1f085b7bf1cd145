import { type Avp, decodeAvps, encodeAvp, encodeGroup, encodeNumber, encodeText, findAvp } from './avp.ts'
import {
  applications,
  avps,
  commands,
  noStateMaintained,
  results,
  understoodAvps,
  understoodAvps3gpp,
  vendor3gpp,
} from './dictionary.ts'
import type { Fault } from './grammar.ts'
import { encodeMessage, type Message } from './message.ts'

/** Who an edge is to its Diameter peers: Origin-Host and Origin-Realm, as every message of its own has them. */
export type DiameterIdentity = Buffer

/** Writes down who an edge is. */
export function makeIdentity(originHost: string, originRealm: string): DiameterIdentity {
  return Buffer.concat([encodeText(avps.originHost, originHost), encodeText(avps.originRealm, originRealm)])
}

/** An answer, and whether the connection ends behind it. */
export interface Reply {
  readonly bytes: Buffer
  readonly isLast: boolean
}

/** Writes the answer to a request: the same identifiers, our name, and what routes it back (RFC 6733 §6.2). */
export function answer(
  origin: DiameterIdentity,
  request: Message,
  content: readonly Buffer[],
  { isError = false, known = [] }: { readonly isError?: boolean; readonly known?: readonly Avp[] } = {},
): Buffer {
  const session = findAvp(known, avps.sessionId)
  const routed = known.filter(({ code, vendor }) => code === avps.proxyInfo.code && vendor === 0)
  return encodeMessage({ ...request, isRequest: false, isError }, [
    ...(session ? [session.bytes] : []),
    ...content,
    origin,
    ...routed.map(({ bytes }) => bytes),
  ])
}

/** Refuses a request. */
export function refuse(
  identity: DiameterIdentity,
  request: Message,
  { result, failed }: Fault,
  known: readonly Avp[] = [],
): Buffer {
  // Protocol errors alone set the E bit (RFC 6733 §7.1.3); any other answer keeps to its command's grammar (§7.2).
  const isError = result >= 3000 && result < 4000
  const content = [
    ...(request.application === applications.s13 && !isError ? s13Session : []),
    encodeNumber(avps.resultCode, result),
    ...(failed ? [encodeAvp(avps.failedAvp, failed)] : []),
  ]
  return answer(identity, request, content, { isError, known })
}

/** What of a request that is refused can be read: what routes its answer back. */
export function readRouting(request: Message): readonly Avp[] {
  const found = decodeAvps(request.avps)
  return 'badLength' in found ? [] : found
}

/** The AVPs of a request or a group, or what is wrong with them: lengths that do not fit, or one that must be understood and is not. */
export function readAvps(bytes: Buffer): { readonly found: readonly Avp[] } | Fault {
  const found = decodeAvps(bytes)
  if ('badLength' in found) return { result: results.invalidAvpLength, failed: completed(found.badLength) }
  const foreign = found.find((avp) => avp.isMandatory && !isUnderstood(avp))
  return foreign ? { result: results.avpUnsupported, failed: foreign.bytes } : { found }
}

function isUnderstood({ code, vendor }: Avp): boolean {
  if (vendor === 0) return understoodAvps.has(code)
  return vendor === vendor3gpp && understoodAvps3gpp.has(code)
}

/** A Failed-AVP holds a whole header, zeros where the message ended (RFC 6733 §7.5). */
function completed(header: Buffer): Buffer {
  const bytes = Buffer.alloc(8)
  header.copy(bytes)
  bytes.writeUIntBE(8, 5, 3)
  return bytes
}

/** Writes a request of the base protocol. */
export function baseRequest(
  origin: DiameterIdentity,
  header: Pick<Message, 'command' | 'hopByHop' | 'endToEnd'>,
  content: readonly Buffer[] = [],
): Buffer {
  const bits = { isRequest: true, isProxiable: false, isError: false }
  return encodeMessage({ ...bits, ...header, application: applications.base }, [origin, ...content])
}

/** What stands in every answer of S13 beside its outcome. */
export const s13Session: readonly Buffer[] = [
  encodeGroup(avps.vendorSpecificApplicationId, [
    encodeNumber(avps.vendorId, vendor3gpp),
    encodeNumber(avps.authApplicationId, applications.s13),
  ]),
  encodeNumber(avps.authSessionState, noStateMaintained),
]

/** Which application each command belongs to; what is not here is not supported. */
export const commandApplications: ReadonlyMap<number, number> = new Map([
  [commands.capabilitiesExchange, applications.base],
  [commands.deviceWatchdog, applications.base],
  [commands.disconnectPeer, applications.base],
  [commands.meIdentityCheck, applications.s13],
])
