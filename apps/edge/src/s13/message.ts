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
function decodeMessage(bytes: Buffer): Message {
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
  #rest: Buffer = Buffer.alloc(0);

  /** Takes in what arrived; gives the messages that are whole now, and `broken` where no message can follow. */
  *read(chunk: Buffer): Iterable<Message | 'broken'> {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    while (this.#rest.length >= 4) {
      const length = this.#rest.readUIntBE(1, 3)
      if (length < headerLength || length > maxLength || length % 4 !== 0) {
        yield 'broken'
        return
      }
      if (length > this.#rest.length) return
      const message = decodeMessage(this.#rest.subarray(0, length))
      this.#rest = this.#rest.subarray(length)
      yield message
    }
  }
}
