import { type EquipmentStatus, equipmentStatus3gpp, parseNetworkImei } from '@pcbs/core'
import { type CheckContext, checkOther, checkPhone } from '../checks/check-phone.ts'
import type { CheckOutcome, IgnoredParameter } from '../counters/lane.ts'
import { type Answer, makeAnswer, problem } from './problem.ts'
import { isRepeated, readParameter } from './query.ts'

/** An answer, and what it counts as. */
export interface CountedAnswer {
  readonly answer: Answer
  readonly outcome: CheckOutcome
  /** Optional parameters that were passed over. */
  readonly ignored?: readonly IgnoredParameter[]
}

const json = (value: object): Answer => makeAnswer(200, 'application/json', value)

const answers: Readonly<Record<EquipmentStatus | 'unknown', Answer>> = {
  PERMITTED: json({ status: equipmentStatus3gpp.PERMITTED }),
  TRACKING: json({ status: equipmentStatus3gpp.TRACKING }),
  PROHIBITED: json({ status: equipmentStatus3gpp.PROHIBITED }),
  unknown: problem('ERROR_EQUIPMENT_UNKNOWN', 'pei', 'This equipment is not known here.'),
}

/** What is wrong with a query; made once, since it names no value. */
const faults = {
  missing: problem('MANDATORY_QUERY_PARAM_MISSING', 'pei', 'Send the PEI.'),
  incorrect: problem(
    'MANDATORY_QUERY_PARAM_INCORRECT',
    'pei',
    'A PEI is imei- or imeisv- with 14 to 16 digits, mac- or eui- with hexadecimal octets (TS 29.571 §5.4.2).',
  ),
  repeated: problem('MANDATORY_QUERY_PARAM_INCORRECT', 'pei', 'A check is of one PEI: send it once.'),
} as const satisfies Record<string, Answer>

/** PEIs of equipment without an IMEI: a MAC address, which may say that it was not checked, and an EUI-64 (TS 23.003 §6.4). */
const otherPei = /^(?:mac(?:-[0-9A-Fa-f]{2}){6}(?:-untrusted)?|eui(?:-[0-9A-Fa-f]{2}){8})$/

/**
 * `GET /equipment-status` (TS 29.511 §6.1.3.2.3.1): pei is mandatory; supi, gpsi and supported-features may come, and are
 * passed over where they cannot be read. There is no feature to be agreed on, and no field to name one in.
 */
export function answerEquipmentStatus(context: CheckContext, query: string): CountedAnswer {
  const pei = readParameter(query, 'pei')
  if (pei === undefined || pei === '') return { answer: faults.missing, outcome: 'error' }
  // One of two phones must not be answered for the other.
  if (isRepeated(query, 'pei')) return { answer: faults.repeated, outcome: 'error' }
  const imei = parseNetworkImei(pei)
  if (!imei.ok && !otherPei.test(pei)) return { answer: faults.incorrect, outcome: 'error' }
  const { imsi, ignored } = readOptional(query)
  const { answer, outcome } = imei.ok ? checkPhone(context, Number(imei.value), imsi) : checkOther(context)
  return { answer: answers[answer], outcome, ignored }
}

/** Forms of the optional parameters that can be read, but for the SUPI. */
const optionalForms = [
  // TS 29.571 §5.3.2.
  ['gpsi', /^(?:msisdn-[0-9]{5,15}|extid-[^@]+@[^@]+)$/],
  // TS 29.571 §5.2.2.
  ['supported-features', /^[0-9A-Fa-f]*$/],
] as const satisfies readonly (readonly [IgnoredParameter, RegExp])[]

/** The SIM, where one is named, and the parameters that cannot be read, as what stands there twice. SUPIs that are no IMSI name no SIM. */
function readOptional(query: string): {
  readonly imsi: string | undefined
  readonly ignored: readonly IgnoredParameter[]
} {
  const ignored: IgnoredParameter[] = []
  const supi = readParameter(query, 'supi')
  const imsi = isRepeated(query, 'supi') ? undefined : /^imsi-([0-9]{5,15})$/.exec(supi ?? '')?.[1]
  if (supi !== undefined && imsi === undefined) ignored.push('supi')
  for (const [name, form] of optionalForms) {
    const value = readParameter(query, name)
    if (value !== undefined && (!form.test(value) || isRepeated(query, name))) ignored.push(name)
  }
  return { imsi, ignored }
}
