import { decideVerdict, type Imei14, type Verdict } from '@pcbs/core'
import { findOnList, type PhoneFindings } from '@pcbs/store'
import type { Context } from '../context.ts'

/** What the list holds of a phone, and what an edge makes of it for a SIM that nobody named. */
export interface OnPhone extends PhoneFindings {
  readonly verdict: Verdict
}

/** Finds what every edge says of a phone, by core's own precedence. */
export async function findOnPhone({ db }: Pick<Context, 'db'>, imei: Imei14): Promise<OnPhone> {
  const findings = await findOnList(db, imei)
  const { exact, range } = findings
  return { ...findings, verdict: decideVerdict({ isPairAllowed: false, exact, tacRange: range?.status }) }
}
