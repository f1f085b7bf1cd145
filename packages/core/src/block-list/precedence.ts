import type { EquipmentStatus } from './status.ts'

/** What the list holds about one check, each `undefined` where the list is silent. */
export interface ListFindings {
  /** Whether this IMEI with this SIM is let through by name. */
  readonly isPairAllowed: boolean
  readonly exact: EquipmentStatus | undefined
  readonly tacRange: EquipmentStatus | undefined
}

/** A verdict and the rule that gave it. */
export interface Verdict {
  readonly status: EquipmentStatus
  readonly rule: 'pair' | 'exact' | 'tac_range' | 'default'
}

/** The most specific rule wins: IMEI+IMSI allow › IMEI › TAC range › default. */
export function decideVerdict({ isPairAllowed, exact, tacRange }: ListFindings): Verdict {
  if (isPairAllowed) return { status: 'PERMITTED', rule: 'pair' }
  if (exact) return { status: exact, rule: 'exact' }
  if (tacRange) return { status: tacRange, rule: 'tac_range' }
  return { status: 'PERMITTED', rule: 'default' }
}
