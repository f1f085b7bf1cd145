import { parseNetworkImei } from '@pcbs/core'
import { type CheckContext, type Checked, checkPhone } from '../checks/check-phone.ts'
import type { CheckOutcome } from '../counters/lane.ts'
import { answer, type DiameterIdentity, readAvps, refuse, s13Session } from './answers.ts'
import { type Avp, encodeGroup, encodeNumber, findAvp } from './avp.ts'
import { avps, equipmentStatuses, equipmentUnknown, results, vendor3gpp } from './dictionary.ts'
import { type Fault, findGrammarFault, invalid, terminalGrammar } from './grammar.ts'
import type { Message } from './message.ts'

/** The answer to a check, and what it counts as. */
export interface AnsweredCheck {
  readonly bytes: Buffer
  readonly outcome: CheckOutcome
  /** Whether a User-Name came that is no IMSI: the phone was checked without it. */
  readonly isUserNameIgnored: boolean
}

/** Answers ME-Identity-Check (TS 29.272 §6.2.1): white, grey or black, or that the phone is not known. */
export function answerMeIdentityCheck(
  context: CheckContext,
  identity: DiameterIdentity,
  request: Message,
  found: readonly Avp[],
): AnsweredCheck {
  const refused = (fault: Fault, outcome: CheckOutcome): AnsweredCheck => {
    return { bytes: refuse(identity, request, fault, found), outcome, isUserNameIgnored: false }
  }
  if (context.isOverloaded) return refused({ result: results.tooBusy }, 'overload')
  const asked = readCheck(found)
  if ('result' in asked) return refused(asked, 'error')
  const checked = checkPhone(context, asked.imei, asked.imsi)
  const bytes = answer(identity, request, checkAnswers[checked.answer], { known: found })
  return { bytes, outcome: checked.outcome, isUserNameIgnored: asked.isUserNameIgnored }
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

/** The phone and the SIM that a request asks about; a User-Name that is no IMSI names no SIM. */
interface Asked {
  readonly imei: number
  readonly imsi: string | undefined
  readonly isUserNameIgnored: boolean
}

function readCheck(found: readonly Avp[]): Asked | Fault {
  const terminal = findAvp(found, avps.terminalInformation)
  const read = readAvps(terminal?.data ?? Buffer.alloc(0))
  if ('result' in read) return read
  const members = read.found
  const fault = findGrammarFault(terminalGrammar, members)
  if (fault) return fault
  const imeiAvp = findAvp(members, avps.imei)
  const imei = parseNetworkImei(imeiAvp?.data.toString('latin1') ?? '')
  if (!imei.ok) return invalid(imeiAvp)
  // S13 names a subscriber by the digits of the IMSI alone (TS 29.272 §7.2.19 with TS 23.003 §2.2).
  const userName = findAvp(found, avps.userName)?.data.toString('latin1')
  const imsi = userName !== undefined && /^[0-9]{5,15}$/.test(userName) ? userName : undefined
  return { imei: Number(imei.value), imsi, isUserNameIgnored: imsi !== userName }
}
