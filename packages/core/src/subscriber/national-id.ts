import { fail, ok, type Result } from '../result.ts'
import { placeOfBirthCodes } from './place-of-birth.ts'

/** A person's identity document in canonical form: `mykad:<12 digits>` or `passport:<country>:<number>`. Personal data. */
export type NationalId = string & { readonly __brand: 'NationalId' }

/** Why a text is not an identity document. */
export type NationalIdFailure = keyof typeof nationalIdRemedies

/** What to tell whoever sent a text that is not an identity document, by failure code. */
export const nationalIdRemedies = {
  'national-id-missing': 'Send the MyKad number, or the passport number with its issuing country.',
  'mykad-format': 'A MyKad number is YYMMDD-PB-####: 12 digits, hyphens optional.',
  'mykad-date': 'The first six digits of a MyKad number are a date of birth, YYMMDD.',
  'mykad-place-of-birth': 'Digits 7 and 8 of a MyKad number are a place-of-birth code in use.',
  'passport-format': 'A passport number has 5 to 12 letters and digits.',
  'passport-country': 'Name the issuing country by its ISO 3166-1 alpha-3 code, such as IDN.',
} as const

/** Parses a MyKad number, with or without its hyphens. */
export function parseMyKad(text: string): Result<NationalId, NationalIdFailure> {
  const compact = text.trim()
  if (compact === '') return fail('national-id-missing')
  const match = /^(\d\d)(\d\d)(\d\d)-?(\d\d)-?(\d{4})$/.exec(compact)
  if (!match) return fail('mykad-format')
  const [, year, month, day, placeOfBirth, serial] = match
  if (!isDateInSomeCentury(Number(year), Number(month), Number(day))) return fail('mykad-date')
  if (!placeOfBirthCodes.has(Number(placeOfBirth))) return fail('mykad-place-of-birth')
  return ok(`mykad:${year}${month}${day}${placeOfBirth}${serial}` as NationalId)
}

/** Parses a passport number with its issuing country. Case and spaces don't matter. */
export function parsePassport(number: string, issuingCountry: string): Result<NationalId, NationalIdFailure> {
  const country = issuingCountry.trim().toUpperCase()
  const canonical = number.replace(/[\s-]/g, '').toUpperCase()
  if (canonical === '') return fail('national-id-missing')
  if (!/^[A-Z0-9]{5,12}$/.test(canonical)) return fail('passport-format')
  if (!/^[A-Z]{3}$/.test(country)) return fail('passport-country')
  return ok(`passport:${country}:${canonical}` as NationalId)
}

/** A two-digit year fits 1900 or 2000: only 29 February tells them apart, and 2000 was a leap year. */
function isDateInSomeCentury(year: number, month: number, day: number): boolean {
  const daysInMonth = [31, year % 4 === 0 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day >= 1 && day <= (daysInMonth[month - 1] ?? 0)
}
