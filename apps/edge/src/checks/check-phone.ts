import type { EquipmentStatus } from '@pcbs/core'
import type { EdgeList, ImsiTokenizer } from '../block-list/edge-list.ts'
import type { CheckSettings } from '../config/edge-config.ts'
import type { CheckOutcome } from '../counters/lane.ts'

/** What a check is answered from, over whatever interface it comes. IMEIs are 14 digits as a number. */
export interface CheckContext {
  readonly list: EdgeList
  readonly settings: Pick<CheckSettings, 'unknownDevice'>
  /** Whether this thread is behind with its work: checks are refused then, so that their senders turn elsewhere. */
  readonly isOverloaded: boolean
  /** Makes this telco's IMSI tokens; `undefined` until the key has arrived. */
  tokenize(): ImsiTokenizer
  /** Hears of every check that is answered with black or grey. */
  onHit(hit: { imei: number; imsi: string | undefined; status: 'PROHIBITED' | 'TRACKING' }): void
  /** Hears of every check that names a SIM; absent where nobody is detached. */
  readonly onUse?: ((imei: number, imsi: string) => void) | undefined
}

/** What is said of a phone, and what it counts as. */
export interface Checked {
  /** `unknown` where phones that nothing is said of are to be called that. */
  readonly answer: EquipmentStatus | 'unknown'
  readonly outcome: CheckOutcome
}

const checked = {
  PERMITTED: { answer: 'PERMITTED', outcome: 'white' },
  TRACKING: { answer: 'TRACKING', outcome: 'grey' },
  PROHIBITED: { answer: 'PROHIBITED', outcome: 'black' },
  allowedPair: { answer: 'PERMITTED', outcome: 'black_allowed' },
  unknown: { answer: 'unknown', outcome: 'unknown' },
} as const satisfies Record<string, Checked>

/** Checks a phone, 14 digits as a number, with a SIM. */
export function checkPhone(context: CheckContext, imei: number, imsi: string | undefined): Checked {
  const { status, rule } = context.list.check(imei, imsi, context.tokenize())
  if (imsi !== undefined) context.onUse?.(imei, imsi)
  if (rule === 'default' && context.settings.unknownDevice === 'ERROR_EQUIPMENT_UNKNOWN')
    return checked.unknown
  if (status !== 'PERMITTED') context.onHit({ imei, imsi, status })
  return rule === 'pair' ? checked.allowedPair : checked[status]
}

/** What is said of equipment that the list cannot name, since it has no IMEI: what is said of any unknown one. */
export function checkOther({ settings }: Pick<CheckContext, 'settings'>): Checked {
  return settings.unknownDevice === 'ERROR_EQUIPMENT_UNKNOWN' ? checked.unknown : checked.PERMITTED
}
