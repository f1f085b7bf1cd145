import { createHash } from 'node:crypto'
import {
  decodeRange,
  encodeRange,
  type ListException,
  type ListRange,
  type ListReason,
  reasonByte,
  reasonOf,
} from './change.ts'

/** A phone of a snapshot; its exceptions stand behind all phones. */
export interface SnapshotPhone {
  /** 14 digits as a number. */
  readonly imei: number
  readonly status: 'PROHIBITED' | 'TRACKING'
  readonly reason?: ListReason
}

/** A SIM that is let through on a phone of a snapshot. */
export interface SnapshotException extends ListException {
  /** 14 digits. */
  readonly imei: string
}

/** What stands at the head of a snapshot: where in the history it stands, and how much it holds. */
export interface SnapshotHeader {
  readonly seq: number
  /** 32 bytes in hex. */
  readonly head: string
  readonly phones: number
  readonly ranges: number
  readonly exceptions: number
}

const magic = Buffer.from('PCBSLST2')
const headerBytes = 64
const digestBytes = 32
const rangeBytes = 10
const exceptionBytes = 24

/** The four low bits of a phone's number: 8 for TRACKING, and the reason. */
const trackingBit = 8
const codes = 16

/**
 * A snapshot's first 64 bytes, integers big-endian:
 * `PCBSLST2 ‖ seq (8) ‖ head (32) ‖ phones (8) ‖ ranges (4) ‖ exceptions (4)`.
 */
export function encodeSnapshotHeader({ seq, head, phones, ranges, exceptions }: SnapshotHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  magic.copy(bytes)
  bytes.writeBigUInt64BE(BigInt(seq), 8)
  bytes.write(head, 16, 32, 'hex')
  bytes.writeBigUInt64BE(BigInt(phones), 48)
  bytes.writeUInt32BE(ranges, 56)
  bytes.writeUInt32BE(exceptions, 60)
  return bytes
}

/** A writer of phones gives a chunk each time this much has gathered. */
const chunkBytes = 1024 * 1024

/**
 * Phones as a snapshot has them, in ascending order: for each, `16 × distance to the one before + code` as an LEB128
 * number, the code being 8 for TRACKING plus the reason's byte. A list of ten million takes some 40 MB.
 * @throws {RangeError} when a phone does not come after the one before
 */
export class PhoneWriter {
  #before = -1
  #buffer = Buffer.alloc(chunkBytes + 16)
  #length = 0

  /** Adds a phone; gives a chunk when one is full. */
  add({ imei, status, reason }: SnapshotPhone): Buffer | undefined {
    if (imei <= this.#before) throw new RangeError('phones of a snapshot come in ascending order')
    let rest = (imei - this.#before) * codes + (status === 'TRACKING' ? trackingBit : 0) + reasonByte(reason)
    this.#before = imei
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[this.#length++] = (rest % 0x80) + 0x80
    this.#buffer[this.#length++] = rest
    return this.#length >= chunkBytes ? this.rest() : undefined
  }

  /** What was not given yet. */
  rest(): Buffer {
    const chunk = Buffer.from(this.#buffer.subarray(0, this.#length))
    this.#length = 0
    return chunk
  }
}

/** What follows the phones: each range (9, as in a change) ‖ its reason (1); each exception IMEI (6) ‖ telco (2) ‖ token (16). */
export function encodeSnapshotRanges(ranges: readonly ListRange[]): Buffer {
  return Buffer.concat(ranges.flatMap((range) => [encodeRange(range), Buffer.of(reasonByte(range.reason))]))
}

/** The last part of a snapshot before its digest. */
export function encodeSnapshotExceptions(exceptions: readonly SnapshotException[]): Buffer {
  const bytes = Buffer.alloc(exceptions.length * exceptionBytes)
  for (const [index, { imei, telcoId, imsiToken }] of exceptions.entries()) {
    const at = index * exceptionBytes
    bytes.writeUIntBE(Number(imei), at, 6)
    bytes.writeUInt16BE(telcoId, at + 6)
    bytes.write(imsiToken, at + 8, 16, 'hex')
  }
  return bytes
}

/** A whole snapshot of what fits in memory, in chunks. */
export function* encodeSnapshot(
  { seq, head }: Pick<SnapshotHeader, 'seq' | 'head'>,
  content: {
    /** How many phones there are, in ascending order. */
    readonly phones: { readonly count: number; readonly list: Iterable<SnapshotPhone> }
    readonly ranges: readonly ListRange[]
    readonly exceptions: readonly SnapshotException[]
  },
): IterableIterator<Buffer> {
  const { phones, ranges, exceptions } = content
  const digest = createHash('sha256')
  const counted = { phones: phones.count, ranges: ranges.length, exceptions: exceptions.length }
  for (const chunk of chunksOf()) {
    digest.update(chunk)
    yield chunk
  }
  yield digest.digest()

  function* chunksOf(): IterableIterator<Buffer> {
    yield encodeSnapshotHeader({ seq, head, ...counted })
    const writer = new PhoneWriter()
    for (const phone of phones.list) {
      const chunk = writer.add(phone)
      if (chunk) yield chunk
    }
    yield writer.rest()
    yield encodeSnapshotRanges(ranges)
    yield encodeSnapshotExceptions(exceptions)
  }
}

/** A snapshot whose bytes are whole: its digest has been computed and stands at their end. */
export interface OpenSnapshot {
  readonly header: SnapshotHeader
  /** SHA-256 of all that stands before it, in hex. */
  readonly digest: string
  readonly ranges: readonly ListRange[]
  readonly exceptions: readonly SnapshotException[]
  /** Reads the phones from the first on. */
  readPhones(): PhoneReader
}

/** Opens a snapshot's bytes, or gives `undefined` where they are damaged or none. */
export function openSnapshot(bytes: Buffer): OpenSnapshot | undefined {
  const end = bytes.length - digestBytes
  if (end < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined
  const digest = createHash('sha256').update(bytes.subarray(0, end)).digest()
  if (!digest.equals(bytes.subarray(end))) return undefined
  const header: SnapshotHeader = {
    seq: Number(bytes.readBigUInt64BE(8)),
    head: bytes.toString('hex', 16, 48),
    phones: Number(bytes.readBigUInt64BE(48)),
    ranges: bytes.readUInt32BE(56),
    exceptions: bytes.readUInt32BE(60),
  }
  const exceptionsAt = end - header.exceptions * exceptionBytes
  const rangesAt = exceptionsAt - header.ranges * rangeBytes
  if (rangesAt < headerBytes) return undefined
  const ranges = decodeRanges(bytes.subarray(rangesAt, exceptionsAt))
  return (
    ranges && {
      header,
      digest: digest.toString('hex'),
      ranges,
      exceptions: decodeExceptions(bytes.subarray(exceptionsAt, end)),
      readPhones: () => new PhoneReader(bytes.subarray(headerBytes, rangesAt), header.phones),
    }
  )
}

/** Reads phones one after another, without an object for each: there are tens of millions. */
export class PhoneReader {
  /** 14 digits as a number. */
  imei = -1
  isTracking = false
  #reasonByte = 0
  readonly #bytes: Buffer
  #at = 0
  #left: number

  constructor(bytes: Buffer, phones: number) {
    this.#bytes = bytes
    this.#left = phones
  }

  /** Goes to the next phone; `false` behind the last one. */
  next(): boolean {
    if (this.#left === 0 || this.#at >= this.#bytes.length) return false
    this.#left -= 1
    let [value, factor] = [0, 1]
    for (; this.#at < this.#bytes.length; factor *= 0x80) {
      const byte = this.#bytes[this.#at++] as number
      value += (byte & 0x7f) * factor
      if (byte < 0x80) break
    }
    const code = value % codes
    this.imei += (value - code) / codes
    this.isTracking = code >= trackingBit
    this.#reasonByte = code % trackingBit
    return true
  }

  /** The phone that was gone to, as an object. */
  get phone(): SnapshotPhone {
    const status = this.isTracking ? 'TRACKING' : 'PROHIBITED'
    return { imei: this.imei, status, ...reasonOf(this.#reasonByte) }
  }
}

function decodeRanges(bytes: Buffer): readonly ListRange[] | undefined {
  const ranges: ListRange[] = []
  for (let at = 0; at < bytes.length; at += rangeBytes) {
    const range = decodeRange(bytes.subarray(at, at + rangeBytes - 1))
    if (!range) return undefined
    ranges.push({ ...range, ...reasonOf(bytes[at + rangeBytes - 1] ?? 0) })
  }
  return ranges
}

function decodeExceptions(bytes: Buffer): readonly SnapshotException[] {
  return Array.from({ length: bytes.length / exceptionBytes }, (_, index) => {
    const at = index * exceptionBytes
    return {
      imei: String(bytes.readUIntBE(at, 6)).padStart(14, '0'),
      telcoId: bytes.readUInt16BE(at + 6),
      imsiToken: bytes.toString('hex', at + 8, at + exceptionBytes),
    }
  })
}
