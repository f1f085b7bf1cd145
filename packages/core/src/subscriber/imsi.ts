import { fail, ok, type Result } from '../result.ts'

/** A SIM's identity: 6 to 15 digits, MCC ‖ MNC ‖ MSIN (TS 23.003 §2.2). Personal data. */
export type Imsi = string & { readonly __brand: 'Imsi' }

/** Why a text is not an IMSI. */
export type ImsiFailure = keyof typeof imsiRemedies

/** What to tell whoever sent a text that is not an IMSI, by failure code. */
export const imsiRemedies = {
  'imsi-missing': 'Send the IMSI of the SIM that was in the phone.',
  'imsi-not-digits': 'Send decimal digits only.',
  'imsi-length': 'An IMSI has 6 to 15 digits.',
} as const

const supiPrefix = /^imsi-/

/** Parses an IMSI, or a SUPI `imsi-…` (TS 29.571 §5.3.2). */
export function parseImsi(text: string): Result<Imsi, ImsiFailure> {
  const digits = text.replace(supiPrefix, '')
  if (digits === '') return fail('imsi-missing')
  if (!/^[0-9]+$/.test(digits)) return fail('imsi-not-digits')
  if (digits.length < 6 || digits.length > 15) return fail('imsi-length')
  return ok(digits as Imsi)
}

/** Whether the SIM belongs to one of these mobile country codes (Malaysia: 502). */
export function isHomeImsi(imsi: Imsi, homeMccs: readonly string[]): boolean {
  return homeMccs.includes(imsi.slice(0, 3))
}
