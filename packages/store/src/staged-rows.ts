import type { FeedKind } from './feeds.ts'

/** Rows on their way into a staging table, their tokens already in the second layer. */
export interface StagedBatch {
  readonly part: number
  readonly rows: readonly StagedRow[]
  /** Second-layer tokens, 16 bytes each, row by row in the order of the columns. */
  readonly tokens: Buffer
}

/** What a row has beside its tokens. */
export interface StagedRow {
  readonly isEnded: boolean
  /** For subscribers. */
  readonly ownerTag?: number
  /** For pairings; ISO days and RAT types. */
  readonly firstSeen?: string
  readonly lastSeen?: string
  readonly rat?: string
}

/** The columns that a part fills, in the order of {@link encodeStagedBatch}. */
export const stagedColumns = {
  subscribers: 'part, is_ended, subscription, owner_tag',
  pairings: 'part, is_ended, imei, imsi, subscription, first_seen, last_seen, rat',
} as const

const layouts = {
  // Field counts, tokens a row, and bytes a row without its text: two of count, four of length before each field.
  subscribers: { fields: 4, tokens: 1, bytes: 2 + 8 + 5 + 20 + 6 },
  pairings: { fields: 8, tokens: 3, bytes: 2 + 8 + 5 + 3 * 20 + 2 * 8 + 4 },
} as const

/** What stands before the first row of binary COPY: signature, no flags, no extension. */
export const copyHeader: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')

/** What stands after the last. */
export const copyTrailer: Buffer = Buffer.from([0xff, 0xff])

/** Rows as PostgreSQL's binary COPY takes them: neither side formats or parses text. */
export function encodeStagedBatch(kind: FeedKind, { part, rows, tokens }: StagedBatch): Buffer {
  const layout = layouts[kind]
  // RAT types are ASCII.
  const texts = rows.reduce((sum, { rat = '' }) => sum + rat.length, 0)
  const bytes = Buffer.allocUnsafe(rows.length * layout.bytes + texts)
  let [at, token] = [0, 0]
  for (const { isEnded, ownerTag = 0, firstSeen = '', lastSeen = '', rat = '' } of rows) {
    at = bytes.writeInt16BE(layout.fields, at)
    at = bytes.writeInt32BE(4, at)
    at = bytes.writeInt32BE(part, at)
    at = bytes.writeInt32BE(1, at)
    at = bytes.writeUInt8(isEnded ? 1 : 0, at)
    for (let each = 0; each < layout.tokens; each++) {
      at = bytes.writeInt32BE(16, at)
      at += tokens.copy(bytes, at, token, token + 16)
      token += 16
    }
    if (kind === 'subscribers') {
      at = bytes.writeInt32BE(2, at)
      at = bytes.writeInt16BE(ownerTag, at)
      continue
    }
    for (const day of [firstSeen, lastSeen]) {
      at = bytes.writeInt32BE(4, at)
      at = bytes.writeInt32BE(dayNumber(day), at)
    }
    at = bytes.writeInt32BE(rat.length, at)
    at += bytes.write(rat, at, 'latin1')
  }
  return bytes
}

const firstDayMs = Date.UTC(2000, 0, 1)
const dayMs = 86_400_000
const knownDays = new Map<string, number>()
const knownDaysLimit = 10_000

/** A date as PostgreSQL counts it: days since 2000-01-01. */
function dayNumber(day: string): number {
  const known = knownDays.get(day)
  if (known !== undefined) return known
  const number = (Date.parse(`${day}T00:00:00Z`) - firstDayMs) / dayMs
  if (knownDays.size < knownDaysLimit) knownDays.set(day, number)
  return number
}
