import type { FeedKind } from './feeds.ts'

/** Rows on their way into a staging table, column by column, their tokens already in the second layer. */
export interface StagedBatch {
  readonly part: number
  /** Rows that are filled; the columns may have room for more. */
  readonly count: number
  /** 1 where the row has ended. */
  readonly isEnded: Uint8Array
  /** The kind's token columns in their order, 16 bytes a row. */
  readonly tokens: readonly Uint8Array[]
  /** For subscribers: the tag, and what a policy has sealed, empty where that is nothing. */
  readonly ownerTags: Int16Array
  readonly sealed: readonly Uint8Array[]
  /** For pairings: days as {@link dayNumber} counts them, and RAT types. */
  readonly firstSeen: Int32Array
  readonly lastSeen: Int32Array
  readonly rats: readonly string[]
}

/** The columns that a part fills, in the order of {@link encodeStagedBatch}. */
export const stagedColumns = {
  subscribers: 'part, is_ended, subscription, owner_tag, sealed',
  pairings: 'part, is_ended, imei, imsi, subscription, first_seen, last_seen, rat',
} as const

/** How many token columns each kind has. */
export const tokenColumns = { subscribers: 1, pairings: 3 } as const

/** What stands before the first row of binary COPY: signature, no flags, no extension. */
export const copyHeader: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')

/** What stands after the last. */
export const copyTrailer: Buffer = Buffer.from([0xff, 0xff])

const int16 = 2
const int32 = 4
const tokenLength = 16

/** Rows as PostgreSQL's binary COPY takes them: neither side formats or parses text. */
export function encodeStagedBatch(kind: FeedKind, batch: StagedBatch): Buffer {
  const { count, isEnded, tokens, ownerTags, firstSeen, lastSeen, rats, sealed } = batch
  const { template, endedAt, tokensAt, restAt } = layOut(kind, batch.part)
  // RAT types are ASCII.
  const lasts = kind === 'subscribers' ? sealed : rats
  let texts = 0
  for (let row = 0; row < count; row++) texts += lasts[row]?.length ?? 0
  const bytes = Buffer.allocUnsafe(count * template.length + texts)
  for (let row = 0, start = 0; row < count; row++) {
    bytes.set(template, start)
    bytes[start + endedAt] = isEnded[row] ?? 0
    for (let column = 0; column < tokens.length; column++) {
      const from = tokens[column] as Uint8Array
      const at = start + tokensAt + column * (int32 + tokenLength)
      for (let byte = 0; byte < tokenLength; byte++)
        bytes[at + byte] = from[row * tokenLength + byte] as number
    }
    const rest = start + restAt
    if (kind === 'subscribers') {
      bytes.writeInt16BE(ownerTags[row] ?? 0, rest)
      const record = sealed[row]
      if (record && record.length > 0) {
        bytes.writeInt32BE(record.length, rest + int16)
        bytes.set(record, rest + int16 + int32)
        start += record.length
      }
    } else {
      const rat = rats[row] ?? ''
      bytes.writeInt32BE(firstSeen[row] ?? 0, rest)
      bytes.writeInt32BE(lastSeen[row] ?? 0, rest + 2 * int32)
      bytes.writeInt32BE(rat.length, rest + 3 * int32)
      if (rat !== '') bytes.write(rat, rest + 4 * int32, 'latin1')
      start += rat.length
    }
    start += template.length
  }
  return bytes
}

/** A row with everything in it that all rows of a part share, and where the others go. */
function layOut(
  kind: FeedKind,
  part: number,
): {
  readonly template: Buffer
  readonly endedAt: number
  readonly tokensAt: number
  readonly restAt: number
} {
  // A row is the number of its fields, then each field's length and bytes.
  const rest = kind === 'subscribers' ? [int16] : [int32, int32, 0]
  // The last field's length is written where it has one; minus one says that there is nothing, not even nothing.
  const tail = kind === 'subscribers' ? int32 : 0
  const lengths = [int32, 1, ...Array.from({ length: tokenColumns[kind] }, () => tokenLength), ...rest]
  const template = Buffer.alloc(int16 + lengths.reduce((sum, length) => sum + int32 + length, tail))
  template.writeInt16BE(lengths.length + (tail > 0 ? 1 : 0))
  if (tail > 0) template.writeInt32BE(-1, template.length - tail)
  const starts: number[] = []
  let at = int16
  for (const length of lengths) {
    at = template.writeInt32BE(length, at)
    starts.push(at)
    at += length
  }
  const [partAt = 0, endedAt = 0, tokensAt = 0] = starts
  template.writeInt32BE(part, partAt)
  return { template, endedAt, tokensAt, restAt: starts[2 + tokenColumns[kind]] ?? 0 }
}

const firstDayMs = Date.UTC(2000, 0, 1)
const dayMs = 86_400_000

/** An ISO day as PostgreSQL counts days: since 2000-01-01. */
export function dayNumber(day: string): number {
  return (Date.parse(`${day}T00:00:00Z`) - firstDayMs) / dayMs
}
