import type { EquipmentStatus, Imei14 } from '@pcbs/core'
import type { EdgeList, ImsiTokenizer } from '../block-list/edge-list.ts'
import type { EdgeConfig } from '../config.ts'

/** What a check is answered from, over whatever interface it comes. */
export interface CheckContext {
  readonly list: EdgeList
  readonly unknownDevice: EdgeConfig['unknownDevice']
  /** Makes this telco's IMSI tokens; `undefined` until the key has arrived. */
  tokenize(): ImsiTokenizer
  /** Hears of every check that is answered with black or grey. */
  onHit(hit: { imei: string; imsi: string | undefined; status: 'PROHIBITED' | 'TRACKING' }): void
}

/** What is said of a phone with a SIM; `unknown` where phones that are not on the list are to be called that. */
export function checkPhone(
  context: CheckContext,
  imei: Imei14,
  imsi: string | undefined,
): EquipmentStatus | 'unknown' {
  const { status, rule } = context.list.check(imei, imsi, context.tokenize())
  if (rule === 'default' && context.unknownDevice === 'ERROR_EQUIPMENT_UNKNOWN') return 'unknown'
  if (status !== 'PERMITTED') context.onHit({ imei, imsi, status })
  return status
}
