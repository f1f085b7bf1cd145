import type { CountryCode } from 'libphonenumber-js'
import { fail, ok, type Result } from '../result.ts'
import { fieldText, seenText } from '../text/typed-text.ts'
import {
  maxDigits,
  type PlainNumbers,
  type PlannedNumber,
  plainNumbersOf,
  readInternational,
  readNational,
} from './numbering-plan.ts'

/** A subscriber's number in E.164 digits without `+`, such as the 60… of Malaysia. Personal data. */
export type Msisdn = string & { readonly __brand: 'Msisdn' }

/** Why a text is not an MSISDN. */
export type MsisdnFailure = keyof typeof msisdnRemedies

/** What to tell whoever sent a text that is not an MSISDN, by failure code. */
export const msisdnRemedies = {
  'msisdn-missing': 'Send the subscriber’s number in international form.',
  'msisdn-not-digits':
    'Send decimal digits, with a leading + if you like: no separators, and no .0 or exponent from a spreadsheet.',
  'msisdn-length': 'A number in international form has at most 15 digits (E.164).',
  'msisdn-not-possible':
    'No number of its country has this form: the country code, a digit or the home country’s leading 0 is missing, or a digit is too many.',
  'msisdn-trunk-zero': 'The 0 behind the country code is dialled within the country alone: leave it out.',
} as const

/** A number that was read, and whose it is. */
export interface ReadMsisdn {
  readonly msisdn: Msisdn
  /** Whether the number is one of the home country. */
  readonly isHome: boolean
}

/**
 * Parses a number of a machine's row: digits behind the country code, perhaps after `+` or the international prefix
 * `00` (ITU-T E.164), or the home country's national form, which begins with the trunk 0. Nothing else is taken out of
 * the text, so that no number becomes another one, and the number must be a possible one of its country.
 *
 * The canonical form differs from the text in its prefix alone: `+` and `00` go, the national form's 0 becomes the
 * country code.
 */
export function parseMachineMsisdn(text: string, home: CountryCode): Result<ReadMsisdn, MsisdnFailure> {
  const field = fieldText(text)
  const plain = plainNumbersOf(home)
  // Nearly every row holds such a number; a property holds this answer to the one that follows.
  if (plain && isPlain(field, plain)) return ok({ msisdn: field as Msisdn, isHome: true })
  return readWithLibrary(field, home)
}

/** {@link parseMachineMsisdn} without the short cut for the home country's plain numbers. */
export function readWithLibrary(field: string, home: CountryCode): Result<ReadMsisdn, MsisdnFailure> {
  const number = readDigits(field, home)
  if (!number.ok) return number
  if (number.value.hadTrunkZero) return fail('msisdn-trunk-zero')
  return ok(branded(number.value))
}

/** Between the groups of a number that people write. A dot separates groups; `.0` at the end is a decimal fraction. */
const separators = /[\s()./-]/g
const decimalFraction = /^[^.]*\.(?:0+|[0-9])$/

/**
 * Parses a number as people write and paste it: what {@link parseMachineMsisdn} takes, with separators and invisible
 * marks anywhere, and with the trunk 0 behind the country code (`+60 (0)12…`), which goes.
 */
export function parseMsisdn(text: string, home: CountryCode): Result<Msisdn, MsisdnFailure> {
  const seen = seenText(text)
  if (decimalFraction.test(seen)) return fail('msisdn-not-digits')
  const number = readDigits(seen.replace(separators, ''), home)
  return number.ok ? ok(branded(number.value).msisdn) : number
}

function readDigits(text: string, home: CountryCode): Result<PlannedNumber, MsisdnFailure> {
  if (text === '') return fail('msisdn-missing')
  if (!/^\+?[0-9]+$/.test(text)) return fail('msisdn-not-digits')
  const prefix = /^(?:\+|00)?/.exec(text)?.[0] ?? ''
  const digits = text.slice(prefix.length)
  if (digits.length > maxDigits) return fail('msisdn-length')
  const isNational = prefix === '' && digits.startsWith('0')
  const number = isNational ? readNational(digits, home) : readInternational(digits, home)
  if (!number || (!isNational && isHomeWithoutZero(number, home))) return fail('msisdn-not-possible')
  return ok(number)
}

/**
 * Whether digits are more likely a home number whose leading 0 a spreadsheet ate than the foreign number that they spell:
 * with the 0 they fit a pattern of the home country, and without it none of the foreign one. A prefix makes no difference,
 * since the canonical form of a number that is taken has none and must be taken too.
 */
function isHomeWithoutZero(number: PlannedNumber, home: CountryCode): boolean {
  const { digits, isHome, fitsPattern } = number
  return !isHome && !fitsPattern && readNational(`0${digits}`, home)?.fitsPattern === true
}

function isPlain(text: string, { callingCode, lengths }: PlainNumbers): boolean {
  const from = callingCode.length
  if (!lengths.has(text.length - from) || !text.startsWith(callingCode)) return false
  if (text.charCodeAt(from) === zero) return false
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - zero
    if (digit < 0 || digit > 9) return false
  }
  return true
}

const zero = '0'.charCodeAt(0)

function branded({ digits, isHome }: PlannedNumber): ReadMsisdn {
  // The numbering plan gives E.164 digits alone, which is what the brand claims.
  return { msisdn: digits as Msisdn, isHome }
}
