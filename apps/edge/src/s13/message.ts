/** A Diameter message (RFC 6733 §3). */
export interface Message {
  readonly version: number
  readonly isRequest: boolean
  readonly isProxiable: boolean
  readonly isError: boolean
  readonly command: number
  readonly application: number
  readonly hopByHop: number
  readonly endToEnd: number
  /** Its AVPs, not read yet. */
  readonly avps: Buffer
}

const headerLength = 20
/** No message of S13 comes near it; what is longer is none, and its sender is cut off. */
const maxLength = 16 * 1024

const flags = { request: 0x80, proxiable: 0x40, error: 0x20 } as const

/** Writes a message. */
export function encodeMessage(message: Omit<Message, 'version' | 'avps'>, avps: readonly Buffer[]): Buffer {
  const length = headerLength + avps.reduce((sum, avp) => sum + avp.length, 0)
  const bytes = Buffer.allocUnsafe(length)
  bytes.writeUInt32BE(length)
  bytes[0] = 1
  bytes.writeUInt32BE(message.command, 4)
  bytes[4] =
    (message.isRequest ? flags.request : 0) |
    (message.isProxiable ? flags.proxiable : 0) |
    (message.isError ? flags.error : 0)
  bytes.writeUInt32BE(message.application, 8)
  bytes.writeUInt32BE(message.hopByHop, 12)
  bytes.writeUInt32BE(message.endToEnd, 16)
  let at = headerLength
  for (const avp of avps) {
    bytes.set(avp, at)
    at += avp.length
  }
  return bytes
}

/** Reads a whole message. */
export function decodeMessage(bytes: Buffer): Message {
  const bits = bytes[4] as number
  return {
    version: bytes[0] as number,
    isRequest: (bits & flags.request) !== 0,
    isProxiable: (bits & flags.proxiable) !== 0,
    isError: (bits & flags.error) !== 0,
    command: bytes.readUIntBE(5, 3),
    application: bytes.readUInt32BE(8),
    hopByHop: bytes.readUInt32BE(12),
    endToEnd: bytes.readUInt32BE(16),
    avps: bytes.subarray(headerLength),
  }
}

/** Cuts a stream into messages: many may come in one segment, and one in many. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)
  #at = 0

  /** Takes in what arrived. Call {@link next} until it gives nothing more. */
  push(chunk: Buffer): void {
    this.#rest = this.#at < this.#rest.length ? Buffer.concat([this.#rest.subarray(this.#at), chunk]) : chunk
    this.#at = 0
  }

  /** The bytes that the places of {@link next} are in. */
  get bytes(): Buffer {
    return this.#rest
  }

  /** Where the next message begins, if it is whole; `broken` where no message can follow. */
  next(): number | 'broken' | undefined {
    const [bytes, at] = [this.#rest, this.#at]
    if (bytes.length - at < 4) return undefined
    const length = lengthAt(bytes, at)
    if (length < headerLength || length > maxLength || length % 4 !== 0) return 'broken'
    if (length > bytes.length - at) return undefined
    this.#at = at + length
    return at
  }

  /** Where the message that {@link next} gave ends. */
  get end(): number {
    return this.#at
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  return ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
}
