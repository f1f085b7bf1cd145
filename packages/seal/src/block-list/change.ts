import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

/** What the list says of a phone; the number is its wire byte. `PERMITTED` takes it off the list. */
export const listStatuses = { PERMITTED: 0, PROHIBITED: 1, TRACKING: 2 } as const

/** A key of {@link listStatuses}. */
export type ListStatus = keyof typeof listStatuses

/** Why something is listed; the number is its wire byte, 0 being kept for what was listed before reasons were. */
export const listReasons = { lost: 1, stolen: 2, faulty: 3, fraud: 4 } as const

/** A key of {@link listReasons}. */
export type ListReason = keyof typeof listReasons

/** A SIM that is let through on a listed IMEI: the IMSI's first-layer token at one telco. */
export interface ListException {
  readonly telcoId: number
  /** 16 bytes in hex. */
  readonly imsiToken: string
}

/** What the list holds of one IMEI. */
export interface ListEntry {
  /** 14 digits. */
  readonly imei: string
  readonly status: ListStatus
  readonly reason?: ListReason
  readonly exceptions: readonly ListException[]
}

/** What the list holds of a range of models. An entry of one of its phones goes before it. */
export interface ListRange {
  /** First and last TAC, 8 digits each. */
  readonly tacs: { readonly from: string; readonly to: string }
  readonly status: ListStatus
  readonly reason?: ListReason
}

/** One step of the block list. Sequence numbers start at 1 and have no gaps. */
export type ListChange = (ListEntry | ListRange) & {
  readonly seq: number
  /** Epoch milliseconds. */
  readonly atMs: number
}

/** Whether this is about a range of models, not about one phone. */
export function isRange<Subject extends ListEntry | ListRange>(
  subject: Subject,
): subject is Extract<Subject, ListRange> {
  return 'tacs' in subject
}

/** The head of an empty list. */
export const emptyHead: Buffer = Buffer.alloc(32)

/** First byte of a change: what was written before there were reasons and ranges keeps its bytes, and so its hash. */
const forms = { phoneWithoutReason: 1, phone: 2, range: 3 } as const

/**
 * The bytes of a change, integers big-endian: form (1) ‖ seq (8) ‖ atMs (8) ‖ what it is about. Form 1 is an entry,
 * as {@link encodeEntry} writes it; form 2 is reason (1) ‖ entry; form 3 is reason (1) ‖ range, as {@link encodeRange}
 * writes it.
 */
export function encodeChange(change: ListChange): Buffer {
  const { seq, atMs, reason } = change
  const hasReason = isRange(change) || reason !== undefined
  const prefix = Buffer.alloc(hasReason ? 18 : 17)
  prefix.writeBigUInt64BE(BigInt(seq), 1)
  prefix.writeBigUInt64BE(BigInt(atMs), 9)
  if (hasReason) prefix[17] = reasonByte(reason)
  if (isRange(change)) {
    prefix[0] = forms.range
    return Buffer.concat([prefix, encodeRange(change)])
  }
  prefix[0] = hasReason ? forms.phone : forms.phoneWithoutReason
  return Buffer.concat([prefix, encodeEntry(change)])
}

/** The bytes of an entry: IMEI as a number (6) ‖ status (1) ‖ exceptions (2) ‖ each: telco (2) ‖ token (16). */
export function encodeEntry({ imei, status, exceptions }: ListEntry): Buffer {
  const bytes = Buffer.alloc(9 + exceptions.length * 18)
  bytes.writeUIntBE(Number(imei), 0, 6)
  bytes[6] = listStatuses[status]
  bytes.writeUInt16BE(exceptions.length, 7)
  for (const [index, { telcoId, imsiToken }] of exceptions.entries()) {
    bytes.writeUInt16BE(telcoId, 9 + index * 18)
    bytes.write(imsiToken, 11 + index * 18, 16, 'hex')
  }
  return bytes
}

/** The bytes of a range: first TAC (4) ‖ last TAC (4) ‖ status (1). */
export function encodeRange({ tacs, status }: ListRange): Buffer {
  const bytes = Buffer.alloc(9)
  bytes.writeUInt32BE(Number(tacs.from), 0)
  bytes.writeUInt32BE(Number(tacs.to), 4)
  bytes[8] = listStatuses[status]
  return bytes
}

const statusNames = Object.keys(listStatuses) as readonly ListStatus[]
const reasonNames = Object.keys(listReasons) as readonly ListReason[]

/** The wire byte of a reason. */
export function reasonByte(reason: ListReason | undefined): number {
  return reason === undefined ? 0 : listReasons[reason]
}

/** The reason of a wire byte, as a field to spread; none for 0. */
export function reasonOf(byte: number): { readonly reason?: ListReason } {
  const reason = reasonNames[byte - 1]
  return reason === undefined ? {} : { reason }
}

/** Reads {@link encodeChange}'s bytes, or gives `undefined` where they are none. */
export function decodeChange(bytes: Buffer): ListChange | undefined {
  const form = bytes[0]
  if (form !== forms.phoneWithoutReason && form !== forms.phone && form !== forms.range) return undefined
  const at = form === forms.phoneWithoutReason ? 17 : 18
  if (bytes.length < at + 9) return undefined
  const about = form === forms.range ? decodeRange(bytes.subarray(at)) : decodeWholeEntry(bytes.subarray(at))
  const reason = form === forms.phoneWithoutReason ? 0 : (bytes[17] ?? 0)
  if (!about || reason > reasonNames.length) return undefined
  const [seq, atMs] = [Number(bytes.readBigUInt64BE(1)), Number(bytes.readBigUInt64BE(9))]
  return { seq, atMs, ...about, ...reasonOf(reason) }
}

/**
 * Makes a change of what claims to be one, from the bytes that its history is hashed over; gives `undefined` where it is
 * not, value for value, what these bytes say. Signatures cover the bytes alone: what is lost on the way to them, as the
 * fraction of a number is, would otherwise be believed unsigned.
 */
export function rebuildChange(claimed: unknown): ListChange | undefined {
  try {
    // Whatever it is: what does not come back as it was is refused.
    const rebuilt = decodeChange(encodeChange(claimed as ListChange))
    return isDeepStrictEqual(rebuilt, claimed) ? rebuilt : undefined
  } catch {
    return undefined
  }
}

function decodeWholeEntry(bytes: Buffer): ListEntry | undefined {
  const imei = bytes.readUIntBE(0, 6)
  const status = statusNames[bytes[6] ?? 0]
  const count = bytes.readUInt16BE(7)
  if (imei > 99_999_999_999_999 || status === undefined || bytes.length !== 9 + count * 18) return undefined
  const exceptions: ListException[] = []
  for (let from = 9; from < bytes.length; from += 18)
    exceptions.push({
      telcoId: bytes.readUInt16BE(from),
      imsiToken: bytes.toString('hex', from + 2, from + 18),
    })
  return { imei: String(imei).padStart(14, '0'), status, exceptions }
}

/** Reads {@link encodeRange}'s bytes, or gives `undefined` where they are none. */
export function decodeRange(bytes: Buffer): ListRange | undefined {
  if (bytes.length !== 9) return undefined
  const [from, to] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)]
  const status = statusNames[bytes[8] ?? 0]
  if (status === undefined || from > to || to > 99_999_999) return undefined
  return { tacs: { from: tacOf(from), to: tacOf(to) }, status }
}

function tacOf(value: number): string {
  return String(value).padStart(8, '0')
}

/** The list's head after a change: `SHA-256(head before ‖ change)`. It fixes the whole history. */
export function nextHead(head: Uint8Array, change: ListChange): Buffer {
  return createHash('sha256').update(head).update(encodeChange(change)).digest()
}
