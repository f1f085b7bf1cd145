import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js'
import { fail, ok, type Result } from '../result.ts'

/** A subscriber's number in E.164 digits without `+`, such as the 60… of Malaysia. Personal data. */
export type Msisdn = string & { readonly __brand: 'Msisdn' }

/** Why a text is not an MSISDN. */
export type MsisdnFailure = keyof typeof msisdnRemedies

/** What to tell whoever sent a text that is not an MSISDN, by failure code. */
export const msisdnRemedies = {
  'msisdn-missing': 'Send the subscriber’s number in international form.',
  'msisdn-not-digits': 'Send decimal digits, with a leading + if you like.',
  'msisdn-length': 'A number in international form has 8 to 15 digits (E.164).',
  'msisdn-not-possible': 'No number of the home country has this length: digits are missing or too many.',
} as const

const separators = /[\s().-]/g
const e164Digits = /^[1-9][0-9]{7,14}$/

/**
 * Parses a number as networks and people write it (`+60…`, `0060…`, `60…` or the home country's `0…`)
 * to E.164. Home numbers must be possible ones; foreign numbers need only be E.164, since roamers and
 * test ranges of other countries are theirs to judge.
 */
export function parseMsisdn(text: string, home: CountryCode): Result<Msisdn, MsisdnFailure> {
  const compact = text.replace(separators, '')
  if (compact === '') return fail('msisdn-missing')
  if (!/^\+?[0-9]+$/.test(compact)) return fail('msisdn-not-digits')
  const international = compact.startsWith('00') ? `+${compact.slice(2)}` : compact
  const isNational = international.startsWith('0')
  const number = parsePhoneNumberFromString(
    isNational || international.startsWith('+') ? international : `+${international}`,
    home,
  )
  if (number?.country === home || isNational) {
    return number?.isPossible() ? ok(number.number.slice(1) as Msisdn) : fail('msisdn-not-possible')
  }
  const digits = international.replace('+', '')
  // The pattern is exactly what the brand claims.
  return e164Digits.test(digits) ? ok(digits as Msisdn) : fail('msisdn-length')
}
