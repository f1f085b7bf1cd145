import type { CountryCode } from 'libphonenumber-js'
import { type Imei14, parseNetworkImei } from '../imei/imei.ts'
import { fail, ok, type Result } from '../result.ts'
import { type Imsi, isHomeImsi, parseImsi } from '../subscriber/imsi.ts'
import { type Msisdn, parseMsisdn } from '../subscriber/msisdn.ts'
import { type NationalId, parseMyKad, parsePassport } from '../subscriber/national-id.ts'
import { type Day, parseDay } from './day.ts'
import { isRatList } from './rat.ts'
import type { RejectCode, RowField } from './rejects.ts'

/** The country whose numbers and SIMs are home ones. */
export interface HomeNetwork {
  /** ISO 3166-1 alpha-2, such as MY. */
  readonly country: CountryCode
  /** Mobile country codes, such as 502. */
  readonly mccs: readonly string[]
}

/** A use of a phone as a telco's systems record it: unparsed text, personal data in clear. */
export interface RawPairing {
  readonly imei: string
  readonly imsi: string
  readonly msisdn: string
  readonly firstSeen: string
  readonly lastSeen: string
  /** 3GPP RAT types seen, three-digit codes joined by `|`; empty where the telco does not know. */
  readonly rat?: string
}

/** A parsed use of a phone. Personal data in clear: it never leaves the telco in this form. */
export interface Pairing {
  readonly imei: Imei14
  readonly imsi: Imsi
  readonly msisdn: Msisdn
  readonly isHomeImsi: boolean
  readonly firstSeen: Day
  readonly lastSeen: Day
  readonly rat: string
}

/** A subscription as a telco's systems record it: unparsed text, personal data in clear. */
export interface RawSubscriber {
  readonly msisdn: string
  /** MyKad number, or a passport number when {@link issuingCountry} is given. */
  readonly nationalId: string
  readonly issuingCountry?: string
  readonly isActive: boolean
  /** Leave the telco only where the collection policy has them sealed. */
  readonly name?: string
  readonly address?: string
}

/** A parsed subscription. Personal data in clear: it never leaves the telco in this form. */
export interface Subscriber {
  readonly msisdn: Msisdn
  readonly nationalId: NationalId
  readonly isActive: boolean
  /** Empty where the telco does not know it. */
  readonly name: string
  readonly address: string
}

/** Where a row is wrong. Carries no value: the value may be a person's. */
export interface RowFault {
  readonly field: RowField
  readonly code: RejectCode
}

/** Parses one use of a phone; the first wrong field, in column order, is the fault reported. */
export function parsePairing(raw: RawPairing, home: HomeNetwork): Result<Pairing, RowFault> {
  const firstSeen = parseDay(raw.firstSeen.trim())
  if (!firstSeen.ok) return fault('firstSeen', firstSeen.failure)
  const lastSeen = parseDay(raw.lastSeen.trim())
  if (!lastSeen.ok) return fault('lastSeen', lastSeen.failure)
  if (lastSeen.value < firstSeen.value) return fault('lastSeen', 'day-order')
  const imei = parseNetworkImei(raw.imei.trim())
  if (!imei.ok) return fault('imei', imei.failure)
  const imsi = parseImsi(raw.imsi.trim())
  if (!imsi.ok) return fault('imsi', imsi.failure)
  const msisdn = parseMsisdn(raw.msisdn, home.country)
  if (!msisdn.ok) return fault('msisdn', msisdn.failure)
  const rat = (raw.rat ?? '').trim()
  if (!isRatList(rat)) return fault('rat', 'rat-format')
  return ok({
    imei: imei.value,
    imsi: imsi.value,
    msisdn: msisdn.value,
    isHomeImsi: isHomeImsi(imsi.value, home.mccs),
    firstSeen: firstSeen.value,
    lastSeen: lastSeen.value,
    rat,
  })
}

/** Parses one subscription. */
export function parseSubscriber(raw: RawSubscriber, home: HomeNetwork): Result<Subscriber, RowFault> {
  const msisdn = parseMsisdn(raw.msisdn, home.country)
  if (!msisdn.ok) return fault('msisdn', msisdn.failure)
  const nationalId = raw.issuingCountry
    ? parsePassport(raw.nationalId, raw.issuingCountry)
    : parseMyKad(raw.nationalId)
  if (!nationalId.ok) return fault('nationalId', nationalId.failure)
  return ok({
    msisdn: msisdn.value,
    nationalId: nationalId.value,
    isActive: raw.isActive,
    name: plainText(raw.name),
    address: plainText(raw.address),
  })
}

/** One spelling of a text that people write: composed (NFC), one space where there is any white space or control. */
function plainText(text = ''): string {
  return text
    .normalize('NFC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
}

function fault(field: RowField, code: RejectCode): { readonly ok: false; readonly failure: RowFault } {
  return fail({ field, code })
}
