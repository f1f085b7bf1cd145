import { fail, ok, type Result } from '../result.ts'
import { seenText } from '../text/typed-text.ts'
import { luhnCheckDigit } from './luhn.ts'

/**
 * A phone's identity: TAC (8 digits) + SNR (6 digits), TS 23.003 §6.2.1.
 * The 15th digit (check or spare) and the software version are not part of it, so a block keyed on
 * this type survives every firmware update. Made only by {@link parseHumanImei} and {@link parseNetworkImei}.
 */
export type Imei14 = string & { readonly __brand: 'Imei14' }

/** Why a text is not an IMEI. `remedies` says what to do about each. */
export type ImeiFailure = keyof typeof imeiRemedies

/** What to tell whoever sent a text that is not an IMEI, by failure code. */
export const imeiRemedies = {
  'imei-missing': 'Send the IMEI: dial *#06# on the phone, or read it off the box.',
  'imei-not-digits': 'Send decimal digits only; spaces, dots, slashes and hyphens may separate them.',
  'imei-length': 'An IMEI has 15 digits (14 without its check digit), an IMEISV has 16.',
  'imei-check-digit': 'The last digit does not fit the others: one digit is mistyped. Read the IMEI again.',
  'imei-zero-lost':
    'Digits are missing in front, as when a spreadsheet or a number column drops leading zeros: send the IMEI as text.',
} as const

const separators = /[\s./-]+/
const digitsOnly = /^[0-9]+$/
const peiPrefix = /^(?:imei|imeisv)-/

/**
 * What stands before the digits on a phone's screen or box: `IMEI`, `IMEI1:`, `IMEI 2`, `IMEI (slot 1)`, `IMEISV`,
 * `IMEI No.`, and the code that was dialled for it. The number of a SIM slot is no digit of the IMEI.
 */
const label =
  /^(?:\*#06#\s?)?IMEI(?:\s?\/?\s?(?:SV|MEID))?(?:\s?(?:NO\b\.?|NUMBER))?(?:[\s-]?[12](?![0-9]))?(?:\s?\(?(?:SIM\s?)?(?:SLOT\s?)?[12]\)(?![0-9]))?[\s:./-]*|^\*#06#\s?/i

/** A software version as some phones name it behind the IMEI: ` SV: 01`, ` SVN 01`. */
const namedVersion = /\s?SVN?\s?:?\s?([0-9]{2})$/i

/**
 * Parses what a person typed or pasted, as phones and boxes show it: 15 digits whose Luhn digit must hold (TS 23.003
 * annex B); these and the two-digit software version behind them (`490154203237518/01`); or a 16-digit IMEISV, which has
 * no check digit. A label before the digits, separators between them and invisible marks are allowed.
 */
export function parseHumanImei(text: string): Result<Imei14, ImeiFailure> {
  const groups = seenText(text).replace(label, '').replace(namedVersion, '/$1').split(separators)
  const digits = groups.join('')
  if (digits === '') return fail('imei-missing')
  if (!digitsOnly.test(digits)) return fail('imei-not-digits')
  const version = groups.at(-1) ?? ''
  const beforeVersion = digits.slice(0, digits.length - version.length)
  // Fifteen digits before the last group are a whole IMEI: what follows is its software version, or mistyped.
  if (beforeVersion.length === imeiLength && groups.length > 1)
    return version.length === versionLength ? checkedImei(beforeVersion) : fail('imei-length')
  if (digits.length !== imeisvLength) return checkedImei(digits)
  // No TAC begins with 1 or 2: such a digit before a whole IMEI is the number of a SIM slot that was pasted along.
  const isSlotNumber = /^[12]/.test(digits) && checkedImei(digits.slice(1)).ok
  return isSlotNumber ? fail('imei-length') : ok(identityOf(digits))
}

const imeiLength = 15
const imeisvLength = 16
const versionLength = 2

function checkedImei(digits: string): Result<Imei14, ImeiFailure> {
  if (digits.length !== imeiLength) return fail('imei-length')
  return digits.endsWith(luhnCheckDigit(digits.slice(0, 14)))
    ? ok(identityOf(digits))
    : fail('imei-check-digit')
}

/**
 * Parses what a network sent: 14, 15 or 16 digits, or a PEI `imei-…` / `imeisv-…` (TS 29.571 §5.4.2).
 * The 15th digit is never checked: on the wire it is a spare 0 (TS 23.003 §6.2.1).
 */
export function parseNetworkImei(text: string): Result<Imei14, ImeiFailure> {
  const digits = text.replace(peiPrefix, '')
  if (digits === '') return fail('imei-missing')
  if (!digitsOnly.test(digits)) return fail('imei-not-digits')
  if (digits.length < 14 || digits.length > 16) return fail('imei-length')
  return ok(identityOf(digits))
}

/** The 15 digits printed on the box: identity and Luhn check digit. */
export function formatImei15(imei: Imei14): string {
  return imei + luhnCheckDigit(imei)
}

/** The Type Allocation Code: the first 8 digits, which name the model. */
export function tacOf(imei: Imei14): string {
  return imei.slice(0, 8)
}

function identityOf(digits: string): Imei14 {
  // Both callers have checked that there are at least 14 characters and that all are digits.
  return digits.slice(0, 14) as Imei14
}
