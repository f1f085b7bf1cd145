import { createHash } from 'node:crypto'

/** What the list says of an IMEI; the number is its wire byte. `PERMITTED` takes it off the list. */
export const listStatuses = { PERMITTED: 0, PROHIBITED: 1, TRACKING: 2 } as const

/** A key of {@link listStatuses}. */
export type ListStatus = keyof typeof listStatuses

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
  readonly exceptions: readonly ListException[]
}

/** One step of the block list. Sequence numbers start at 1 and have no gaps. */
export interface ListChange extends ListEntry {
  readonly seq: number
  /** Epoch milliseconds. */
  readonly atMs: number
}

/** The head of an empty list. */
export const emptyHead: Buffer = Buffer.alloc(32)

/**
 * The bytes of a change, integers big-endian: version 0x01 (1) ‖ seq (8) ‖ atMs (8) ‖ entry, the entry as
 * {@link encodeEntry} writes it.
 */
export function encodeChange({ seq, atMs, ...entry }: ListChange): Buffer {
  const prefix = Buffer.alloc(17)
  prefix[0] = 1
  prefix.writeBigUInt64BE(BigInt(seq), 1)
  prefix.writeBigUInt64BE(BigInt(atMs), 9)
  return Buffer.concat([prefix, encodeEntry(entry)])
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

const statusNames = Object.keys(listStatuses) as readonly ListStatus[]

/** Reads {@link encodeChange}'s bytes, or gives `undefined` where they are none. */
export function decodeChange(bytes: Buffer): ListChange | undefined {
  if (bytes.length < 26 || bytes[0] !== 1) return undefined
  const [entry, ...rest] = decodeEntries(bytes.subarray(17))
  if (!entry || rest.length > 0) return undefined
  return { seq: Number(bytes.readBigUInt64BE(1)), atMs: Number(bytes.readBigUInt64BE(9)), ...entry }
}

/** Reads entries that {@link encodeEntry} wrote one after another; ends at the first that is cut off. */
export function* decodeEntries(bytes: Buffer): IterableIterator<ListEntry> {
  let at = 0
  while (at + 9 <= bytes.length) {
    const imei = String(bytes.readUIntBE(at, 6)).padStart(14, '0')
    const status = statusNames[bytes[at + 6] ?? 0]
    const count = bytes.readUInt16BE(at + 7)
    const end = at + 9 + count * 18
    if (status === undefined || end > bytes.length) return
    const exceptions: ListException[] = []
    for (let from = at + 9; from < end; from += 18)
      exceptions.push({
        telcoId: bytes.readUInt16BE(from),
        imsiToken: bytes.toString('hex', from + 2, from + 18),
      })
    yield { imei, status, exceptions }
    at = end
  }
}

/** The list's head after a change: `SHA-256(head before ‖ change)`. It fixes the whole history. */
export function nextHead(head: Uint8Array, change: ListChange): Buffer {
  return createHash('sha256').update(head).update(encodeChange(change)).digest()
}
