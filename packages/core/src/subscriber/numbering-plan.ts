import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  Metadata,
  type NumberingPlan,
  parsePhoneNumberFromString,
} from 'libphonenumber-js'

/** Digits of an international number, at most (ITU-T E.164 §6.1). */
export const maxDigits = 15

/** A number of some country, in E.164. */
export interface PlannedNumber {
  /** E.164 digits without `+`. */
  readonly digits: string
  /** Whether the text had the country's trunk 0 behind the country code, as in `+60 (0)12…`; `digits` has not. */
  readonly hadTrunkZero: boolean
  /** Whether the number is one of the home country. */
  readonly isHome: boolean
  /** Whether the number fits its country's pattern too, and not only a length that the country has. */
  readonly fitsPattern: boolean
}

/**
 * Reads digits that begin with a country calling code.
 * @returns `undefined` where no country has the calling code, or the country no number of this length
 */
export function readInternational(digits: string, home: CountryCode): PlannedNumber | undefined {
  const number = parsePhoneNumberFromString(`+${digits}`)
  if (!number?.isPossible()) return undefined
  const callingCode = String(number.countryCallingCode)
  const national = String(number.nationalNumber)
  const hadTrunkZero = digits === `${callingCode}0${national}`
  // The library knows more rewritings than that of the trunk 0, such as Argentina's 15: they make another number of it.
  if (!hadTrunkZero && digits !== callingCode + national) return undefined
  // The library leaves a trunk 0 in where the number without it would be too short: such a number is none.
  if (national.startsWith('0') && trunkZeroCodes.has(callingCode)) return undefined
  if (callingCode.length + national.length > maxDigits) return undefined
  return {
    digits: callingCode + national,
    hadTrunkZero,
    isHome: callingCode === getCountryCallingCode(home) && (number.country ?? home) === home,
    fitsPattern: number.isValid(),
  }
}

/** Reads digits as they are dialled within a country: behind its trunk 0, or bare where the country has none. */
export function readNational(digits: string, country: CountryCode): PlannedNumber | undefined {
  const number = parsePhoneNumberFromString(digits, country)
  const national = String(number?.nationalNumber ?? '')
  if (digits !== `0${national}` && digits !== national) return undefined
  return readInternational(getCountryCallingCode(country) + national, country)
}

/** The form of a country's numbers where that form says everything; see {@link plainNumbersOf}. */
export interface PlainNumbers {
  readonly callingCode: string
  /** Lengths that the part behind the calling code can have. */
  readonly lengths: ReadonlySet<number>
}

const plainNumbers = new Map<CountryCode, PlainNumbers | undefined>()

/**
 * The form by which a country's numbers are recognised without the library, which takes fifty times as long: the calling
 * code, a digit that is not the trunk 0, a length that the country has. `undefined` for a country that shares its calling
 * code, or that has other prefixes than a plain 0.
 */
export function plainNumbersOf(country: CountryCode): PlainNumbers | undefined {
  if (!plainNumbers.has(country)) plainNumbers.set(country, findPlainNumbers(country))
  return plainNumbers.get(country)
}

function findPlainNumbers(country: CountryCode): PlainNumbers | undefined {
  const callingCode = getCountryCallingCode(country)
  const plan = planOf(country)
  const isShared = getCountries().some(
    (other) => other !== country && getCountryCallingCode(other) === callingCode,
  )
  if (isShared || plan.nationalPrefix() !== '0' || plan.nationalPrefixForParsing() !== '0') return undefined
  return { callingCode, lengths: new Set(plan.possibleLengths()) }
}

/** The methods of the library's numbering plan that its types leave out; `metadata.js` of the pinned version has them. */
interface PrefixedPlan extends NumberingPlan {
  nationalPrefix(): string | undefined
  nationalPrefixForParsing(): string | undefined
}

function planOf(country: CountryCode): PrefixedPlan {
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  // Selecting a country that the library lists gives its plan, and the plan has the methods of PrefixedPlan.
  return metadata.numberingPlan as PrefixedPlan
}

/** Calling codes of the countries that put a trunk 0 before a number at home, and never within it abroad. */
const trunkZeroCodes: ReadonlySet<string> = new Set(
  getCountries()
    .filter((country) => planOf(country).nationalPrefix() === '0')
    .map((country) => String(getCountryCallingCode(country))),
)
