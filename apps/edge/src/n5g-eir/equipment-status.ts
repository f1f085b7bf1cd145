import { equipmentStatus3gpp, parseNetworkImei } from '@pcbs/core'
import { type CheckContext, checkPhone } from '../checks/check-phone.ts'
import { type Answer, problem } from './problem.ts'

const answers = Object.fromEntries(
  Object.values(equipmentStatus3gpp).map((status) => [
    status,
    { status: 200, contentType: 'application/json', body: JSON.stringify({ status }) },
  ]),
) as Record<(typeof equipmentStatus3gpp)[keyof typeof equipmentStatus3gpp], Answer>

/** `GET /equipment-status` (TS 29.511 §6.1.3.2.3.1): pei is mandatory, supi and gpsi may come. */
export function answerEquipmentStatus(context: CheckContext, query: URLSearchParams): Answer {
  const pei = query.get('pei')
  if (pei === null || pei === '') return problem('MANDATORY_QUERY_PARAM_MISSING', 'pei', 'Send the PEI.')
  const imei = parseNetworkImei(pei)
  if (!imei.ok)
    return problem(
      'MANDATORY_QUERY_PARAM_INCORRECT',
      'pei',
      'A PEI is imei- or imeisv- with 14 to 16 digits.',
    )
  const supi = query.get('supi')
  const imsi = supi === null ? undefined : imsiOf(supi)
  if (supi !== null && imsi === undefined)
    return problem('OPTIONAL_QUERY_PARAM_INCORRECT', 'supi', 'A SUPI of a SIM is imsi- with 5 to 15 digits.')
  const status = checkPhone(context, imei.value, imsi || undefined)
  if (status === 'unknown')
    return problem('ERROR_EQUIPMENT_UNKNOWN', 'pei', 'This equipment is not known here.')
  return answers[equipmentStatus3gpp[status]]
}

/** The IMSI of a SUPI; empty for SUPIs that are none (TS 29.571 §5.3.2), which no exception can name. */
function imsiOf(supi: string): string | undefined {
  const imsi = /^imsi-([0-9]{5,15})$/.exec(supi)?.[1]
  if (imsi) return imsi
  return /^(?:nai|gci|gli)-.+$/.test(supi) ? '' : undefined
}
