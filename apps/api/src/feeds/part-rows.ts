import { parseDay, parseNetworkImei, type RejectCode, type RowField, rejectRemedies } from '@pcbs/core'
import { decodeToken, lineFields, ownerTagRange, type TokenKind } from '@pcbs/seal'
import type { FeedKind, StagedRow } from '@pcbs/store'

/** What rows of a feed are held against. */
export interface RowRules {
  readonly kind: FeedKind
  /** First and last day on which a row's last use may lie. */
  readonly periodFrom: string
  readonly periodTo: string
  /** The key epoch that tokens must be of. */
  readonly epoch: number
  /** Whether rows may end what was fed before. */
  readonly isDelta: boolean
}

/** A good row: what is still to be encrypted, and the rest as it is staged. */
export interface GoodRow {
  /** For pairings. */
  readonly imei: string | undefined
  /** First-layer tokens, in the order of the columns. */
  readonly tokens: readonly Buffer[]
  readonly staged: StagedRow
  readonly isForeignImsi: boolean
}

/** A bad row. */
export interface BadRow {
  readonly field: RowField
  readonly code: RejectCode
  readonly isShortImei: boolean
}

/** What became of a row. */
export type ReadRow = { readonly good: GoodRow } | { readonly bad: BadRow }

/** Reads one line of a part. Whatever it holds, the answer names fields and codes, never values. */
export function readRow(line: string, rules: RowRules): ReadRow {
  const fields = line.split(',')
  const mark = fields[0]
  if (mark === '!') return readSourceReject(fields)
  const isMarked = mark === '+' || (mark === '-' && rules.isDelta)
  if (!isMarked || fields.length !== lineFields[rules.kind]) return bad('row', 'column-count')
  return rules.kind === 'pairings' ? readPairing(fields, rules) : readSubscriber(fields, rules)
}

function readPairing(fields: readonly string[], rules: RowRules): ReadRow {
  const [
    mark = '',
    imeiText = '',
    imsiText = '',
    subscriptionText = '',
    first = '',
    last = '',
    origin,
    rat = '',
  ] = fields
  const imei = parseNetworkImei(imeiText)
  if (!imei.ok) return bad('imei', imei.failure, imei.failure === 'imei-length' && imeiText.length < 14)
  const imsi = readToken(imsiText, 'imsi', rules)
  if (!imsi) return bad('imsi', 'token-format')
  const subscription = readToken(subscriptionText, 'msisdn', rules)
  if (!subscription) return bad('subscription', 'token-format')
  const firstSeen = readDay(first)
  if (!firstSeen.ok) return bad('firstSeen', firstSeen.failure)
  const lastSeen = last === first ? firstSeen : readDay(last)
  if (!lastSeen.ok) return bad('lastSeen', lastSeen.failure)
  if (lastSeen.value < firstSeen.value) return bad('lastSeen', 'day-order')
  // A use that ends may be as old as it likes: it is leaving.
  if (mark === '+' && (lastSeen.value < rules.periodFrom || lastSeen.value > rules.periodTo))
    return bad('lastSeen', 'day-outside-period')
  if (origin !== 'H' && origin !== 'F') return bad('row', 'column-count')
  if (!/^(?:\d{3}(?:\|\d{3})*)?$/.test(rat)) return bad('rat', 'rat-format')
  return {
    good: {
      imei: imei.value,
      tokens: [imsi, subscription],
      staged: { isEnded: mark === '-', firstSeen: firstSeen.value, lastSeen: lastSeen.value, rat },
      isForeignImsi: origin === 'F',
    },
  }
}

/** A feed has few days and many rows: each day is parsed once. Bounded, since anybody's text may come here. */
const knownDays = new Map<string, ReturnType<typeof parseDay>>()
const knownDaysLimit = 1000

function readDay(text: string): ReturnType<typeof parseDay> {
  const known = knownDays.get(text)
  if (known) return known
  const day = parseDay(text)
  if (day.ok && knownDays.size < knownDaysLimit) knownDays.set(text, day)
  return day
}

function readSubscriber(fields: readonly string[], rules: RowRules): ReadRow {
  const [mark, subscriptionText = '', tagText = ''] = fields
  const subscription = readToken(subscriptionText, 'msisdn', rules)
  if (!subscription) return bad('subscription', 'token-format')
  if (!/^\d{1,4}$/.test(tagText) || Number(tagText) >= ownerTagRange)
    return bad('ownerTag', 'owner-tag-format')
  const staged = { isEnded: mark === '-', ownerTag: Number(tagText) }
  return { good: { imei: undefined, tokens: [subscription], staged, isForeignImsi: false } }
}

/** A row that the telco itself could not send. */
function readSourceReject([, field = '', code = '']: readonly string[]): ReadRow {
  const isKnown = Object.hasOwn(rejectRemedies, code) && /^[a-zA-Z]{1,20}$/.test(field)
  // The code is a key of the remedies; an unknown pair is reported as what it is, a malformed row.
  return isKnown ? bad(field as RowField, code as RejectCode) : bad('row', 'column-count')
}

function readToken(text: string, kind: TokenKind, { epoch }: RowRules): Buffer | undefined {
  const token = decodeToken(text, kind)
  return token?.epoch === epoch ? token.bytes : undefined
}

function bad(field: RowField, code: RejectCode, isShortImei = false): ReadRow {
  return { bad: { field, code, isShortImei } }
}
