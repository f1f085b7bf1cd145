import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Frames, flags and settings of HTTP/2 (RFC 9113 §6) that a client of GETs needs. */
const frames = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const
const flags = { ack: 1, endStream: 1, endHeaders: 4 } as const
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const frameHeader = 9
const largestWindow = 2 ** 31 - 1 - 65_535

function frame(type: number, flag: number, stream: number, content: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeader + content.length)
  bytes.writeUIntBE(content.length, 0, 3)
  bytes[3] = type
  bytes[4] = flag
  bytes.writeUInt32BE(stream, 5)
  bytes.set(content, frameHeader)
  return bytes
}

/** A field that the other side does not remember (RFC 7541 §6.2.2), its name by its place in the static table. */
function literal(nameIndex: number, value: string): Buffer {
  const text = Buffer.from(value)
  const length = text.length < 127 ? [text.length] : [127, (text.length - 127) % 128, 0]
  if (text.length >= 127) length.splice(1, 2, text.length - 127)
  return Buffer.concat([Buffer.of(nameIndex), Buffer.from(length), text])
}

/** The header block of a GET: `:method GET` and `:scheme http` from the static table, path and authority in full. */
export function getBlock(path: string): Buffer {
  return Buffer.concat([Buffer.of(0x82, 0x86), literal(4, path), literal(1, '127.0.0.1')])
}

/**
 * A client that costs next to nothing, so that what is measured is the server: requests are written as frames that were
 * made beforehand, and of the answers but their ends are read.
 */
export class FrameClient {
  readonly #socket: Socket
  /** Called for each answer that is whole, with its request's number. */
  onAnswer: (request: number) => void = () => {}
  #rest: Buffer = Buffer.alloc(0)
  #stream = 1

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  static async connect(port: number): Promise<FrameClient> {
    const socket = connect(port, '127.0.0.1').setNoDelay(true)
    await once(socket, 'connect')
    const client = new FrameClient(socket)
    const window = Buffer.alloc(4)
    window.writeUInt32BE(largestWindow)
    socket.write(
      Buffer.concat([
        preface,
        frame(frames.settings, 0, 0, Buffer.alloc(0)),
        frame(frames.windowUpdate, 0, 0, window),
      ]),
    )
    return client
  }

  /** Sends requests in one piece; they are numbered on from 0. */
  send(blocks: readonly Buffer[]): void {
    const pieces = blocks.map((block) => {
      const bytes = frame(frames.headers, flags.endStream | flags.endHeaders, this.#stream, block)
      this.#stream += 2
      return bytes
    })
    if (pieces.length > 0) this.#socket.write(Buffer.concat(pieces))
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    let at = 0
    while (at + frameHeader <= bytes.length) {
      const length = bytes.readUIntBE(at, 3)
      if (at + frameHeader + length > bytes.length) break
      const [type, flag] = [bytes[at + 3] as number, bytes[at + 4] as number]
      const isEnd = (type === frames.data || type === frames.headers) && (flag & flags.endStream) !== 0
      if (isEnd) this.onAnswer((bytes.readUInt32BE(at + 5) - 1) / 2)
      else if (type === frames.reset || type === frames.goAway)
        throw new Error('the server refused a request')
      else if ((type === frames.settings || type === frames.ping) && (flag & flags.ack) === 0) {
        const content =
          type === frames.ping ? bytes.subarray(at + frameHeader, at + frameHeader + length) : []
        this.#socket.write(frame(type, flags.ack, 0, Buffer.from(content)))
      }
      at += frameHeader + length
    }
    this.#rest = bytes.subarray(at)
  }
}

/** Keeps this many requests under way until all are answered; gives requests per second. */
export async function measureRate(
  client: FrameClient,
  blocks: readonly Buffer[],
  concurrency: number,
): Promise<number> {
  const startedMs = performance.now()
  let [sent, answered, isFilling] = [0, 0, false]
  const fill = () => {
    isFilling = false
    const next = blocks.slice(sent, answered + concurrency)
    sent += next.length
    client.send(next)
  }
  await new Promise<void>((resolve) => {
    client.onAnswer = () => {
      answered += 1
      if (answered === blocks.length) resolve()
      // What came in one segment makes room in one piece.
      if (isFilling) return
      isFilling = true
      queueMicrotask(fill)
    }
    fill()
  })
  return blocks.length / ((performance.now() - startedMs) / 1000)
}
