import { fail, ok, type Result } from '../result.ts'
import { fieldText } from '../text/typed-text.ts'
import { type Imei14, type ImeiFailure, parseNetworkImei } from './imei.ts'
import { luhnCheckDigit } from './luhn.ts'
import { findUnblockable } from './unblockable.ts'

/** The IMEI of a feed's row. */
export interface FeedImei {
  readonly imei: Imei14
  /**
   * Whether the text may be a 15-digit IMEI without its leading 0. One text in ten looks so by chance, so this says
   * something of a feed and nothing of a row.
   */
  readonly mayLackZero: boolean
}

/**
 * Parses the IMEI of a telco's row: what a network sends, unless a leading 0 was lost on its way into the row, as
 * spreadsheets and number columns lose it. Then the digits name another phone, or none.
 *
 * Real phones whose IMEI begins with 0 have TACs from 01 (GSMA TS.06, annex A), and no reporting body has 10 to 19 in
 * mobile networks: without its 0 such an IMEI begins with 1, and nothing else does. Of other digits only 14 can be told,
 * and those by halves: they are an IMEI without its check digit, or one of 15 digits without its 0, in which case the
 * restored number passes Luhn.
 */
export function parseFeedImei(text: string): Result<FeedImei, ImeiFailure> {
  const field = fieldText(text)
  const parsed = parseNetworkImei(field)
  if (!parsed.ok) return isShort(field) ? fail('imei-zero-lost') : parsed
  // No form has 17 digits, and a name before the digits shows that they never were a number.
  const mayBeNumber = /^[0-9]{14,15}$/.test(field)
  if (mayBeNumber && field.startsWith('1') && !findUnblockable(parsed.value)) return fail('imei-zero-lost')
  const digits = field.slice(field.lastIndexOf('-') + 1)
  const mayLackZero =
    mayBeNumber && digits.length === 14 && luhnCheckDigit(`0${digits.slice(0, 13)}`) === digits[13]
  return ok({ imei: parsed.value, mayLackZero })
}

/** One or two digits short of the shortest IMEI: what is left of 14 digits, or of 15, without their zeros. */
function isShort(field: string): boolean {
  return /^[0-9]{12,13}$/.test(field)
}
