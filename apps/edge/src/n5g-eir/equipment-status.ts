import { type EquipmentStatus, equipmentStatus3gpp, parseNetworkImei } from '@pcbs/core'
import { type CheckContext, checkPhone } from '../checks/check-phone.ts'
import type { CheckOutcome } from '../counters/lane.ts'
import { type Answer, makeAnswer, problem } from './problem.ts'
import { readParameter } from './query.ts'

/** An answer, and what it counts as. */
export interface CountedAnswer {
  readonly answer: Answer
  readonly outcome: CheckOutcome
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
  peiMissing: problem('MANDATORY_QUERY_PARAM_MISSING', 'pei', 'Send the PEI.'),
  pei: problem('MANDATORY_QUERY_PARAM_INCORRECT', 'pei', 'A PEI is imei- or imeisv- with 14 to 16 digits.'),
  supi: problem('OPTIONAL_QUERY_PARAM_INCORRECT', 'supi', 'A SUPI of a SIM is imsi- with 5 to 15 digits.'),
  features: problem(
    'OPTIONAL_QUERY_PARAM_INCORRECT',
    'supported-features',
    'Features are hexadecimal digits (TS 29.571 §5.2.2).',
  ),
} as const satisfies Record<string, Answer>

/**
 * `GET /equipment-status` (TS 29.511 §6.1.3.2.3.1): pei is mandatory; supi, gpsi and supported-features may come. There
 * is no feature to be agreed on, and no field to name one in.
 */
export function answerEquipmentStatus(context: CheckContext, query: string): CountedAnswer {
  const pei = readParameter(query, 'pei')
  if (pei === undefined || pei === '') return { answer: faults.peiMissing, outcome: 'error' }
  const imei = parseNetworkImei(pei)
  if (!imei.ok) return { answer: faults.pei, outcome: 'error' }
  const supi = readParameter(query, 'supi')
  const imsi = supi === undefined ? undefined : imsiOf(supi)
  if (supi !== undefined && imsi === undefined) return { answer: faults.supi, outcome: 'error' }
  const features = readParameter(query, 'supported-features')
  if (features !== undefined && !/^[0-9A-Fa-f]*$/.test(features))
    return { answer: faults.features, outcome: 'error' }
  const { answer, outcome } = checkPhone(context, Number(imei.value), imsi || undefined)
  return { answer: answers[answer], outcome }
}

/** The IMSI of a SUPI; empty for SUPIs that are none (TS 29.571 §5.3.2), which no exception can name. */
function imsiOf(supi: string): string | undefined {
  const imsi = /^imsi-([0-9]{5,15})$/.exec(supi)?.[1]
  if (imsi) return imsi
  return /^(?:nai|gci|gli)-.+$/.test(supi) ? '' : undefined
}
