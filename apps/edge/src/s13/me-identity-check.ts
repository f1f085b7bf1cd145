import { parseNetworkImei } from '@pcbs/core'
import { type CheckContext, type Checked, checkPhone } from '../checks/check-phone.ts'
import type { CheckOutcome } from '../counters/lane.ts'
import { answer, type DiameterIdentity, type Fault, refuse, s13Session } from './answers.ts'
import { type Avp, decodeAvps, encodeAvp, encodeGroup, encodeNumber, findAvp } from './avp.ts'
import { type AvpName, avps, equipmentStatuses, equipmentUnknown, results, vendor3gpp } from './dictionary.ts'
import type { Message } from './message.ts'

/** AVPs without which a request is none (TS 29.272 §7.2.19). */
const required = [
  avps.sessionId,
  avps.authSessionState,
  avps.originHost,
  avps.originRealm,
  avps.destinationRealm,
  avps.terminalInformation,
] as const

/** Answers ME-Identity-Check (TS 29.272 §6.2.1): white, grey or black, or that the phone is not known. */
export function answerMeIdentityCheck(
  context: CheckContext,
  identity: DiameterIdentity,
  request: Message,
  found: readonly Avp[],
): { readonly bytes: Buffer; readonly outcome: CheckOutcome } {
  if (context.isOverloaded)
    return { bytes: refuse(identity, request, { result: results.tooBusy }, found), outcome: 'overload' }
  const asked = readCheck(found)
  if ('result' in asked) return { bytes: refuse(identity, request, asked, found), outcome: 'error' }
  const checked = checkPhone(context, asked.imei, asked.imsi)
  const bytes = answer(identity, request, checkAnswers[checked.answer], { known: found })
  return { bytes, outcome: checked.outcome }
}

const answered = (status: number) => [
  ...s13Session,
  encodeNumber(avps.resultCode, results.success),
  encodeNumber(avps.equipmentStatus, status),
]

/** What is answered, for whatever may be said of a phone. */
export const checkAnswers: Readonly<Record<Checked['answer'], readonly Buffer[]>> = {
  PERMITTED: answered(equipmentStatuses.PERMITTED),
  PROHIBITED: answered(equipmentStatuses.PROHIBITED),
  TRACKING: answered(equipmentStatuses.TRACKING),
  unknown: [
    ...s13Session,
    encodeGroup(avps.experimentalResult, [
      encodeNumber(avps.vendorId, vendor3gpp),
      encodeNumber(avps.experimentalResultCode, equipmentUnknown),
    ]),
  ],
}

/** The phone and the SIM that a request asks about. */
function readCheck(
  found: readonly Avp[],
): { readonly imei: number; readonly imsi: string | undefined } | Fault {
  const absent = required.find((name) => !findAvp(found, name))
  if (absent) return missing(absent)
  const terminal = findAvp(found, avps.terminalInformation)
  const members = terminal && decodeAvps(terminal.data)
  if (!members || 'badLength' in members) return invalid(terminal)
  const imeiAvp = findAvp(members, avps.imei)
  if (!imeiAvp) return missing(avps.imei)
  const imei = parseNetworkImei(imeiAvp.data.toString('latin1'))
  if (!imei.ok) return invalid(imeiAvp)
  const userName = findAvp(found, avps.userName)
  const imsi = userName?.data.toString('latin1')
  // S13 names a subscriber by the digits of the IMSI alone (TS 29.272 §7.3.3 of S6a, taken over).
  if (imsi !== undefined && !/^[0-9]{5,15}$/.test(imsi)) return invalid(userName)
  return { imei: Number(imei.value), imsi }
}

/** The Failed-AVP of what is missing is an example of it, as short as it may be and of zeros (RFC 6733 §7.1.5). */
function missing(name: AvpName): Fault {
  const shortest = name === avps.authSessionState ? 4 : 0
  return { result: results.missingAvp, failed: encodeAvp(name, Buffer.alloc(shortest)) }
}

/** Gives back which AVP it was, and not its value: that may be a person's. */
function invalid(avp: Avp | undefined): Fault {
  if (!avp) return { result: results.invalidAvpValue }
  const name = avp.vendor === 0 ? { code: avp.code } : { code: avp.code, vendor: avp.vendor }
  return { result: results.invalidAvpValue, failed: encodeAvp(name, Buffer.alloc(0)) }
}
