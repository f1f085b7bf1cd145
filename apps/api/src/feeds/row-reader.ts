import {
  findUnblockable,
  isRatList,
  mayBeUnblockable,
  parseDay,
  parseNetworkImei,
  type RejectCode,
  type RowField,
  rejectRemedies,
} from '@pcbs/core'
import {
  lineFields,
  ownerTagRange,
  readSealedRecord,
  readToken,
  type TokenKind,
  tokenTextLength,
  writeImeiBlock,
} from '@pcbs/seal'
import { dayNumber, type FeedKind } from '@pcbs/store'
import type { RowBatch } from './row-batch.ts'

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
  /** Epochs of the custodians' keys to which subscribers' data is sealed; empty where the policy has nothing sealed. */
  readonly sealingEpochs: readonly number[]
}

/** What good rows were counted for. */
export interface RowCounts {
  readonly foreignImsis: number
  readonly foreignMsisdns: number
  /** IMEIs of which the telco says that they may have lost a leading zero. */
  readonly zeroSuspects: number
  /** IMEIs of core's table of unblockable ones. */
  readonly unblockableImeis: number
}

/** A bad row. */
export interface BadRow {
  readonly field: RowField
  readonly code: RejectCode
  readonly isShortImei: boolean
}

/** No line of the format is longer. */
export const maxLineLength = 1024

const [comma, plus, minus, exclamation, zero, hyphen, home, foreign, zeroLost] = Buffer.from(',+-!0-HFZ')

/**
 * Reads lines of a part into a batch, without making a text of anything: a country's first load is a hundred million
 * rows. Whatever is not plainly in form is judged by core's own rules, from text, and answered with fields and codes,
 * never values.
 */
export class RowReader implements RowCounts {
  readonly #rules: RowRules
  readonly #batch: RowBatch
  readonly #periodFrom: number
  readonly #periodTo: number
  /** Where the line's fields end; one more than any line has, so that a field too many shows. */
  readonly #ends = new Int32Array(lineFields.pairings + 1)
  /** How many fields a line has. */
  readonly #fields: number
  foreignImsis = 0
  foreignMsisdns = 0
  zeroSuspects = 0
  unblockableImeis = 0

  constructor(rules: RowRules, batch: RowBatch) {
    this.#rules = rules
    this.#batch = batch
    const hasSealed = rules.kind === 'subscribers' && rules.sealingEpochs.length > 0
    this.#fields = lineFields[rules.kind] + (hasSealed ? 1 : 0)
    this.#periodFrom = dayNumber(rules.periodFrom)
    this.#periodTo = dayNumber(rules.periodTo)
  }

  /** Reads the line between two places; a good row joins the batch, a bad one is returned. */
  read(bytes: Buffer, start: number, end: number): BadRow | undefined {
    if (end - start > maxLineLength) return bad('row', 'column-count')
    const fields = this.#findFields(bytes, start, end)
    const mark = bytes[start]
    if (mark === exclamation) return readSourceReject(bytes.toString('latin1', start, end).split(','))
    const isMarked = this.#ends[0] === start + 1 && (mark === plus || (mark === minus && this.#rules.isDelta))
    if (!isMarked || fields !== this.#fields) return bad('row', 'column-count')
    const fault = this.#rules.kind === 'pairings' ? this.#readPairing(bytes) : this.#readSubscriber(bytes)
    if (fault) return fault
    this.#batch.isEnded[this.#batch.count] = mark === minus ? 1 : 0
    this.#batch.count += 1
    return undefined
  }

  /** Notes where fields end; gives how many there are, at most one too many. */
  #findFields(bytes: Buffer, start: number, end: number): number {
    const ends = this.#ends
    let fields = 0
    for (let at = start; at < end && fields < ends.length - 1; at++)
      if (bytes[at] === comma) ends[fields++] = at
    ends[fields++] = end
    return fields
  }

  #readPairing(bytes: Buffer): BadRow | undefined {
    const [mark, imei, imsi, subscription, first, last, findings, rat] = this.#ends as unknown as Ends
    const batch = this.#batch
    const row = batch.count
    const imeiFault = this.#readImei(bytes, mark + 1, imei)
    if (imeiFault) return imeiFault
    if (!this.#readToken('imsi', bytes, imei + 1, imsi, 1)) return bad('imsi', 'token-format')
    if (!this.#readToken('msisdn', bytes, imsi + 1, subscription, 2))
      return bad('subscription', 'token-format')
    const firstSeen = readDay(bytes, subscription + 1, first)
    if (typeof firstSeen === 'string') return bad('firstSeen', firstSeen)
    const lastSeen = readDay(bytes, first + 1, last)
    if (typeof lastSeen === 'string') return bad('lastSeen', lastSeen)
    if (lastSeen < firstSeen) return bad('lastSeen', 'day-order')
    // A use that ends may be as old as it likes: it is leaving.
    const isOutside = lastSeen < this.#periodFrom || lastSeen > this.#periodTo
    if (isOutside && bytes[mark - 1] === plus) return bad('lastSeen', 'day-outside-period')
    if (!areFindings(bytes, last + 1, findings)) return bad('row', 'column-count')
    const rats = rat > findings + 1 ? bytes.toString('latin1', findings + 1, rat) : ''
    if (!isRatList(rats)) return bad('rat', 'rat-format')
    this.#countFindings(bytes, last + 1, findings)
    if (this.#isUnblockable(row)) this.unblockableImeis += 1
    batch.firstSeen[row] = firstSeen
    batch.lastSeen[row] = lastSeen
    batch.rats[row] = rats
    return undefined
  }

  /** Counts what the letters of a good row say; see {@link areFindings}. */
  #countFindings(bytes: Buffer, at: number, end: number): void {
    if (bytes[at] === foreign) this.foreignImsis += 1
    if (end - at > 1 && bytes[at + 1] === foreign) this.foreignMsisdns += 1
    if (end - at > 2) this.zeroSuspects += 1
  }

  /** Whether many phones share the IMEI that was read into this row. */
  #isUnblockable(row: number): boolean {
    const [column] = this.#batch.tokens as [Buffer]
    // Behind the block's version byte.
    const at = row * 16 + 1
    if (!mayBeUnblockable(digitsAsNumber(column, at, at + 8), digitsAsNumber(column, at + 8, at + 14)))
      return false
    const imei = parseNetworkImei(column.toString('latin1', at, at + 14))
    return imei.ok && findUnblockable(imei.value) !== undefined
  }

  #readSubscriber(bytes: Buffer): BadRow | undefined {
    const [mark, subscription, field, sealed] = this.#ends as unknown as Ends
    if (!this.#readToken('msisdn', bytes, mark + 1, subscription, 0))
      return bad('subscription', 'token-format')
    const letter = bytes[field - 1]
    // Rows of the format's first version have no letter behind the tag.
    const tag = letter === home || letter === foreign ? field - 1 : field
    const text = bytes.toString('latin1', subscription + 1, tag)
    if (!/^\d{1,4}$/.test(text) || Number(text) >= ownerTagRange) return bad('ownerTag', 'owner-tag-format')
    const record =
      this.#fields > lineFields.subscribers ? this.#readSealed(bytes, field + 1, sealed) : nothing
    if (!record) return bad('sealed', 'sealed-format')
    if (letter === foreign) this.foreignMsisdns += 1
    this.#batch.ownerTags[this.#batch.count] = Number(text)
    this.#batch.sealed[this.#batch.count] = record
    return undefined
  }

  /** A sealed record's bytes; `undefined` where they are none that this policy asks for. */
  #readSealed(bytes: Buffer, at: number, end: number): Buffer | undefined {
    if (at === end) return nothing
    const text = bytes.toString('latin1', at, end)
    const record = Buffer.from(text, 'base64url')
    const parts = record.toString('base64url') === text ? readSealedRecord(record) : undefined
    const { sealingEpochs, epoch } = this.#rules
    const isAsked =
      parts?.tokenEpoch === epoch &&
      parts.encapsulations.length === sealingEpochs.length &&
      parts.encapsulations.every(({ keyEpoch }, place) => keyEpoch === sealingEpochs[place])
    return isAsked ? record : undefined
  }

  #readImei(bytes: Buffer, at: number, end: number): BadRow | undefined {
    const [column] = this.#batch.tokens as [Buffer]
    const target = this.#batch.count * 16
    if (end - at >= 14 && end - at <= 16 && areDigits(bytes, at, end)) {
      writeImeiBlock(bytes, at, column, target)
      return undefined
    }
    const text = bytes.toString('latin1', at, end)
    const imei = parseNetworkImei(text)
    if (!imei.ok) return bad('imei', imei.failure, imei.failure === 'imei-length' && text.length < 14)
    writeImeiBlock(Buffer.from(imei.value), 0, column, target)
    return undefined
  }

  #readToken(kind: TokenKind, bytes: Buffer, at: number, end: number, column: number): boolean {
    if (end - at !== tokenTextLength) return false
    const { tokens, count } = this.#batch
    return readToken(kind, bytes, at, tokens[column] as Buffer, count * 16) === this.#rules.epoch
  }
}

const nothing = Buffer.alloc(0)

/** The ends of a line's fields: as many as its kind has were counted before they are read. */
type Ends = readonly [number, number, number, number, number, number, number, number]

/**
 * Whether these are the letters of a pairing's row: the SIM's home or foreign, the number's likewise, and `Z` where the
 * IMEI may lack a zero. Rows of the format's first version have the SIM's letter alone.
 */
function areFindings(bytes: Buffer, at: number, end: number): boolean {
  const isOrigin = (letter: number | undefined) => letter === home || letter === foreign
  const length = end - at
  if (length < 1 || length > 3 || !isOrigin(bytes[at])) return false
  return (length === 1 || isOrigin(bytes[at + 1])) && (length < 3 || bytes[at + 2] === zeroLost)
}

/** A feed has few days and many rows: each is parsed once. Bounded, since anybody's digits may come here. */
const knownDays = new Map<number, number>()
const knownDaysLimit = 1000

/** A day's number, or why it is none. */
function readDay(bytes: Buffer, at: number, end: number): number | RejectCode {
  const isPlain =
    end - at === 10 &&
    bytes[at + 4] === hyphen &&
    bytes[at + 7] === hyphen &&
    areDigits(bytes, at, at + 4) &&
    areDigits(bytes, at + 5, at + 7) &&
    areDigits(bytes, at + 8, end)
  const known = isPlain ? knownDays.get(dayKey(bytes, at)) : undefined
  if (known !== undefined) return known
  const day = parseDay(bytes.toString('latin1', at, end))
  if (!day.ok) return day.failure
  const number = dayNumber(day.value)
  if (isPlain && knownDays.size < knownDaysLimit) knownDays.set(dayKey(bytes, at), number)
  return number
}

/** The digits of `YYYY-MM-DD` as one number. */
function dayKey(bytes: Buffer, at: number): number {
  const [year, month] = [digitsAsNumber(bytes, at, at + 4), digitsAsNumber(bytes, at + 5, at + 7)]
  return (year * 100 + month) * 100 + digitsAsNumber(bytes, at + 8, at + 10)
}

/** The number that bytes spell which are known to be digits. */
function digitsAsNumber(bytes: Buffer, at: number, end: number): number {
  let value = 0
  for (let place = at; place < end; place++)
    value = value * 10 + ((bytes[place] as number) - (zero as number))
  return value
}

function areDigits(bytes: Buffer, at: number, end: number): boolean {
  for (let place = at; place < end; place++) {
    const digit = (bytes[place] as number) - (zero as number)
    if (digit < 0 || digit > 9) return false
  }
  return true
}

/** A row that the telco itself could not send. */
function readSourceReject([, field = '', code = '']: readonly string[]): BadRow {
  const isKnown = Object.hasOwn(rejectRemedies, code) && /^[a-zA-Z]{1,20}$/.test(field)
  // The code is a key of the remedies; an unknown pair is reported as what it is, a malformed row.
  return isKnown ? bad(field as RowField, code as RejectCode) : bad('row', 'column-count')
}

function bad(field: RowField, code: RejectCode, isShortImei = false): BadRow {
  return { field, code, isShortImei }
}
