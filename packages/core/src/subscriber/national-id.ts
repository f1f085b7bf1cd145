import { fail, ok, type Result } from '../result.ts'
import { fieldText, withHyphens } from '../text/typed-text.ts'
import { readCompanyNumber, readTypedCompanyNumber } from './company-number.ts'
import { findIssuer } from './issuer.ts'
import { placeOfBirthCodes } from './place-of-birth.ts'

/**
 * An identity document in canonical form, its kind before the colon: `mykad:<12 digits>`, `passport:<issuer>:<number>`,
 * `army:…`, `police:…` or `company:…`. Personal data. Owner tags are made of it: no form may ever change silently.
 */
export type NationalId = string & { readonly __brand: 'NationalId' }

/** Why a text is not an identity document. */
export type NationalIdFailure = keyof typeof nationalIdRemedies

/** What to tell whoever sent a text that is not an identity document, by failure code. */
export const nationalIdRemedies = {
  'national-id-missing': 'Send the MyKad number, or the passport number with its issuing country.',
  'mykad-format':
    'A MyKad number is YYMMDD-PB-####: 12 digits, hyphens or spaces between the groups optional.',
  'mykad-date': 'The first six digits of a MyKad number are a date of birth, YYMMDD.',
  'mykad-place-of-birth': 'Digits 7 and 8 of a MyKad number are a place-of-birth code in use.',
  'passport-format': 'A passport number has 5 to 12 letters and digits.',
  'passport-country':
    'Name the issuing country by its code of two or three letters (ISO 3166-1, or ICAO’s own), such as IDN; without one, letters are no MyKad.',
  'army-format': 'An armed forces number is up to four letters and 4 to 12 digits, such as T1234567.',
  'police-format': 'A police number is up to three letters and 4 to 8 digits, such as RF123456.',
  'company-format':
    'A company’s number has 12 digits, such as 201901000005, or the older form with its check letter, such as 1312525-A.',
  'document-type':
    'Say which document it is: mykad, mypr, mykas, passport, army, police or company. The number alone does not tell.',
} as const

/** A document as a telco's systems or a customer name it. */
export interface RawDocument {
  readonly nationalId: string
  /** A name of {@link documentTypes}, where the source says of which kind the number is. */
  readonly documentType?: string
  /** Who issued the document. */
  readonly issuingCountry?: string
  /** The holder's nationality. It stands for the issuing country of a passport where that is not given. */
  readonly nationality?: string
}

/** A kind of document, who issues it, and how its numbers are read. */
interface DocumentKind {
  /** What systems call it, in small letters. */
  readonly names: readonly string[]
  readonly authority: string
  /** Where the form of its numbers is known from. */
  readonly source: string
  readonly parse: (number: string, country: string) => Result<NationalId, NationalIdFailure>
}

/**
 * The kinds of documents that subscriptions are registered under in Malaysia.
 *
 * MyKad, MyPR and MyKAS are one kind: the National Registration Department gives citizens, permanent and temporary
 * residents numbers out of one space, and until 2006 and 2009 it gave them one card. A resident who becomes a citizen
 * keeps the number, so the colour of a card is not part of the form.
 */
export const documentTypes = {
  mykad: {
    names: ['mykad', 'mypr', 'mykas', 'mykid', 'nric', 'ic'],
    authority: 'National Registration Department of Malaysia (JPN)',
    source:
      'National Registration Regulations 1990; statement of the department on MyPR and MyKAS, 24 April 2012',
    parse: (number) => parseMyKad(number),
  },
  passport: {
    names: ['passport', 'pasport'],
    authority: 'The issuing state; Malaysia’s are A, H (Sabah) or K (Sarawak) and eight digits',
    source: 'ICAO Doc 9303-3 and 9303-4; HASiL MyInvois SDK, example A12345678',
    parse: (number, country) => parsePassport(number, country),
  },
  army: {
    names: ['army', 'mytentera', 'tentera', 'military'],
    authority: 'Malaysian Armed Forces (ATM)',
    source:
      'HASiL MyInvois SDK, identification type ARMY; numbers as T1234567 are in use, no form is published',
    parse: (number) => parseService('army', number),
  },
  police: {
    names: ['police', 'mypolis', 'polis'],
    authority: 'Royal Malaysia Police (PDRM)',
    source: 'Numbers as RF123456 and G12345 are in use, no form is published',
    parse: (number) => parseService('police', number),
  },
  company: {
    names: ['company', 'brn', 'ssm', 'business'],
    authority: 'Companies Commission of Malaysia (SSM)',
    source: 'SSM’s 12-digit format of 11 October 2019, printed as 201901000005 (1312525-A)',
    parse: (number) => companyOf(readTypedCompanyNumber(number)),
  },
} as const satisfies Record<string, DocumentKind>

/** Parses a document: as its type says, and where the source names none, as what its form and country leave it to be. */
export function parseDocument(raw: RawDocument): Result<NationalId, NationalIdFailure> {
  const number = fieldText(raw.nationalId)
  const country = fieldText(raw.issuingCountry ?? '')
  const nationality = fieldText(raw.nationality ?? '')
  const type = fieldText(raw.documentType ?? '').toLowerCase()
  if (number === '') return fail('national-id-missing')
  if (type !== '') {
    const kind = Object.values(documentTypes).find(({ names }) => (names as readonly string[]).includes(type))
    return kind ? kind.parse(number, country || nationality) : fail('document-type')
  }
  if (country !== '') return parseOfCountry(number, country)
  // A resident's card has the holder's nationality beside it, and was not issued by that country.
  const myKad = parseMyKad(number)
  if (myKad.ok) return isCompanyToo(number) ? fail('document-type') : myKad
  return nationality === '' ? parseWithoutCountry(number, myKad) : parseOfCountry(number, nationality)
}

/** Parses a MyKad number, and that of a MyPR or MyKAS. Hyphens, other dashes or spaces may stand between its groups. */
export function parseMyKad(text: string): Result<NationalId, NationalIdFailure> {
  const number = withHyphens(fieldText(text))
  if (number === '') return fail('national-id-missing')
  const match = /^(\d\d)(\d\d)(\d\d) ?-? ?(\d\d) ?-? ?(\d{4})$/.exec(number)
  if (!match) return fail('mykad-format')
  const [, year, month, day, placeOfBirth, serial] = match
  if (!isDateInSomeCentury(Number(year), Number(month), Number(day))) return fail('mykad-date')
  if (!placeOfBirthCodes.has(Number(placeOfBirth))) return fail('mykad-place-of-birth')
  return ok(`mykad:${year}${month}${day}${placeOfBirth}${serial}` as NationalId)
}

/**
 * Parses a passport number with its issuing country. Case, spaces and dashes don't matter. A MyKad number that Malaysia
 * is named for stays a MyKad.
 */
export function parsePassport(text: string, issuingCountry: string): Result<NationalId, NationalIdFailure> {
  const number = fieldText(text)
  if (number === '') return fail('national-id-missing')
  const issuer = findIssuer(issuingCountry)
  if (!issuer) return fail('passport-country')
  // A Malaysian passport's number begins with a letter, so digits alone are a MyKad's, well typed or not.
  if (issuer === malaysia && !/^[a-z]/i.test(number)) return parseMyKad(number)
  const canonical = withHyphens(number).replace(/[ -]/g, '').toUpperCase()
  return /^[A-Z0-9]{5,12}$/.test(canonical)
    ? ok(`passport:${issuer}:${canonical}` as NationalId)
    : fail('passport-format')
}

const malaysia = 'MYS'

/** Numbers of Malaysia that can be nothing but what they are, although no type is given. */
const armyNumber = /^T ?[0-9]{6,7}$/i
const policeNumber = /^(?:RF|G|I)[ /]?[0-9]{4,6}$/i

/** A Malaysian passport's number: of the peninsula, Sabah or Sarawak. */
const malaysianPassport = /^[AHK] ?[0-9]{7,8}$/i

/** Twelve ungrouped digits can be a firm's of 2001 to 2012 as well as a person's who was born in 2020, or in 1920. */
function isCompanyToo(number: string): boolean {
  return /^[0-9]{12}$/.test(number) && readCompanyNumber(number) !== undefined
}

/** A document of which the source names the country and not the type. */
function parseOfCountry(number: string, country: string): Result<NationalId, NationalIdFailure> {
  if (findIssuer(country) !== malaysia) return parsePassport(number, country)
  if (parseMyKad(number).ok) return isCompanyToo(number) ? fail('document-type') : parseMyKad(number)
  if (armyNumber.test(number)) return parseService('army', number)
  if (policeNumber.test(number)) return parseService('police', number)
  const company =
    readCompanyNumber(number) ?? (/^[0-9]/.test(number) ? readTypedCompanyNumber(number) : undefined)
  if (company !== undefined) return companyOf(company)
  if (!/[a-z]/i.test(number) || malaysianPassport.test(number)) return parsePassport(number, country)
  return fail(/^[0-9]/.test(number) ? 'company-format' : 'document-type')
}

/** A number of which the source says nothing, and which is no MyKad's for the reason given. */
function parseWithoutCountry(
  number: string,
  noMyKad: Result<NationalId, NationalIdFailure>,
): Result<NationalId, NationalIdFailure> {
  const company = readCompanyNumber(number)
  if (company !== undefined) return companyOf(company)
  const isExponent = /^[0-9.]+E[+-]?[0-9]+$/i.test(number)
  return /[a-z]/i.test(number) && !isExponent ? fail('passport-country') : noMyKad
}

const serviceForms = {
  army: { pattern: /^[A-Z]{0,4}[0-9]{4,12}$/, failure: 'army-format' },
  police: { pattern: /^[A-Z]{0,3}[0-9]{4,8}$/, failure: 'police-format' },
} as const

/** The number of a soldier or a police officer; their cards show the MyKad number too, and that one names them better. */
function parseService(
  kind: keyof typeof serviceForms,
  number: string,
): Result<NationalId, NationalIdFailure> {
  const myKad = parseMyKad(number)
  if (myKad.ok) return myKad
  const { pattern, failure } = serviceForms[kind]
  const canonical = withHyphens(number).replace(/[ /-]/g, '').toUpperCase()
  return pattern.test(canonical) ? ok(`${kind}:${canonical}` as NationalId) : fail(failure)
}

function companyOf(canonical: string | undefined): Result<NationalId, NationalIdFailure> {
  return canonical === undefined ? fail('company-format') : ok(`company:${canonical}` as NationalId)
}

/** A two-digit year fits 1900 or 2000: only 29 February tells them apart, and 2000 was a leap year. */
function isDateInSomeCentury(year: number, month: number, day: number): boolean {
  const daysInMonth = [31, year % 4 === 0 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day >= 1 && day <= (daysInMonth[month - 1] ?? 0)
}
