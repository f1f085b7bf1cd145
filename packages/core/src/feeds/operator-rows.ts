import type { CountryCode } from 'libphonenumber-js'
import { parseFeedImei } from '../imei/feed-imei.ts'
import type { Imei14 } from '../imei/imei.ts'
import { fail, ok, type Result } from '../result.ts'
import { type Imsi, isHomeImsi, parseImsi } from '../subscriber/imsi.ts'
import { type Msisdn, parseMachineMsisdn, parseMsisdn } from '../subscriber/msisdn.ts'
import { type NationalId, parseDocument, type RawDocument } from '../subscriber/national-id.ts'
import { fieldText, seenText } from '../text/typed-text.ts'
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
  /** Whether the IMEI may have lost a leading 0; see `FeedImei`. */
  readonly mayLackZero: boolean
  readonly imsi: Imsi
  readonly msisdn: Msisdn
  readonly isHomeImsi: boolean
  readonly isHomeMsisdn: boolean
  readonly firstSeen: Day
  readonly lastSeen: Day
  readonly rat: string
}

/**
 * A subscription as a telco's systems record it: unparsed text, personal data in clear. `nationalId` is a MyKad number
 * where nothing else is said of the document.
 */
export interface RawSubscriber extends RawDocument {
  readonly msisdn: string
  readonly isActive: boolean
  /** Leave the telco only where the collection policy has them sealed. */
  readonly name?: string
  readonly address?: string
}

/** A parsed subscription. Personal data in clear: it never leaves the telco in this form. */
export interface Subscriber {
  readonly msisdn: Msisdn
  readonly isHomeMsisdn: boolean
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

/**
 * Parses one use of a phone, strictly: only ASCII white space around a value is left out, and no value becomes another
 * one. The first wrong field, in column order, is the fault reported.
 */
export function parsePairing(raw: RawPairing, home: HomeNetwork): Result<Pairing, RowFault> {
  const firstSeen = parseDay(fieldText(raw.firstSeen))
  if (!firstSeen.ok) return fault('firstSeen', firstSeen.failure)
  const lastSeen = parseDay(fieldText(raw.lastSeen))
  if (!lastSeen.ok) return fault('lastSeen', lastSeen.failure)
  if (lastSeen.value < firstSeen.value) return fault('lastSeen', 'day-order')
  const imei = parseFeedImei(raw.imei)
  if (!imei.ok) return fault('imei', imei.failure)
  const imsi = parseImsi(fieldText(raw.imsi))
  if (!imsi.ok) return fault('imsi', imsi.failure)
  const number = parseMachineMsisdn(raw.msisdn, home.country)
  if (!number.ok) return fault('msisdn', number.failure)
  const rat = fieldText(raw.rat ?? '')
  if (!isRatList(rat)) return fault('rat', 'rat-format')
  return ok({
    ...imei.value,
    imsi: imsi.value,
    msisdn: number.value.msisdn,
    isHomeImsi: isHomeImsi(imsi.value, home.mccs),
    isHomeMsisdn: number.value.isHome,
    firstSeen: firstSeen.value,
    lastSeen: lastSeen.value,
    rat,
  })
}

/** Parses one subscription, as strictly as {@link parsePairing}. */
export function parseSubscriber(raw: RawSubscriber, home: HomeNetwork): Result<Subscriber, RowFault> {
  const number = parseMachineMsisdn(raw.msisdn, home.country)
  if (!number.ok) return fault('msisdn', number.failure)
  const nationalId = parseDocument(raw)
  if (!nationalId.ok) return fault('nationalId', nationalId.failure)
  return ok({
    msisdn: number.value.msisdn,
    isHomeMsisdn: number.value.isHome,
    nationalId: nationalId.value,
    isActive: raw.isActive,
    name: plainText(raw.name),
    address: plainText(raw.address),
  })
}

/** A number and a document as somebody shows, types or pastes them. */
export type ShownClaim = RawDocument & Pick<RawSubscriber, 'msisdn'>

/**
 * Parses what a claimant shows, as leniently as people write. What {@link parseSubscriber} takes is read the same here, so
 * that a claimant's document and the one that was fed for them have one canonical form.
 */
export function parseClaim(
  shown: ShownClaim,
  home: HomeNetwork,
): Result<Pick<Subscriber, 'msisdn' | 'nationalId'>, RowFault> {
  const msisdn = parseMsisdn(shown.msisdn, home.country)
  if (!msisdn.ok) return fault('msisdn', msisdn.failure)
  const nationalId = parseDocument({
    nationalId: withoutGroups(seenText(shown.nationalId)),
    documentType: seenText(shown.documentType ?? ''),
    issuingCountry: seenText(shown.issuingCountry ?? ''),
    nationality: seenText(shown.nationality ?? ''),
  })
  if (!nationalId.ok) return fault('nationalId', nationalId.failure)
  return ok({ msisdn: msisdn.value, nationalId: nationalId.value })
}

/** A number of twelve digits as people group it, in whatever way, without its separators; any other text as it is. */
function withoutGroups(text: string): string {
  const digits = text.replace(/[ ./-]/g, '')
  return /^[0-9]{12}$/.test(digits) && digits !== text ? digits.replace(/^(.{6})(..)/, '$1-$2-') : text
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
