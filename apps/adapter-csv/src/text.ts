import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { DumpError } from './errors.ts'

/** Bytes that tell what a file is: the longest mark looked for, a byte order mark of UTF-32, has four. */
const markLength = 4

/**
 * The text of a dump: gunzipped where its first bytes say gzip (RFC 1952), decoded from UTF-8 or UTF-16 as its byte order
 * mark says, or without one as its first bytes look. Piece by piece: the dump never lies in memory as a whole.
 * @throws {DumpError} `gzip-damaged` or `not-text`
 */
export async function* readText(input: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const peeked = await peek(input)
  const isGzip = peeked.first[0] === 0x1f && peeked.first[1] === 0x8b
  yield* decode(isGzip ? await peek(gunzip(peeked.all)) : peeked)
}

interface Peeked {
  /** The first bytes, fewer where there are no more. */
  readonly first: Uint8Array
  /** Everything, the first bytes included. */
  readonly all: AsyncIterable<Uint8Array>
}

async function peek(input: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = input[Symbol.asyncIterator]()
  let first: Uint8Array = new Uint8Array()
  while (first.length < markLength) {
    const { value, done } = await iterator.next()
    if (done) break
    first = Buffer.concat([first, value])
  }
  async function* all(): AsyncIterable<Uint8Array> {
    if (first.length > 0) yield first
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { first, all: all() }
}

async function* gunzip(input: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const plain = createGunzip()
  // Its failure is that of the stream which is read below.
  pipeline(Readable.from(input), plain).catch(() => {})
  try {
    yield* plain
  } catch {
    throw new DumpError('gzip-damaged', 'nothing of it was sent; copy the file again.')
  }
}

/** What files begin with that are no text, and what they are. */
const foreignMarks = [
  { mark: [0x50, 0x4b, 0x03, 0x04], what: 'a ZIP archive or a spreadsheet file: save it as CSV.' },
  { mark: [0xff, 0xfe, 0x00, 0x00], what: 'UTF-32: save it as UTF-8.' },
  { mark: [0x28, 0xb5, 0x2f, 0xfd], what: 'a Zstandard file: decompress it first.' },
] as const

async function* decode({ first, all }: Peeked): AsyncIterable<string> {
  const foreign = foreignMarks.find(({ mark }) => mark.every((byte, at) => first[at] === byte))
  if (foreign) throw new DumpError('not-text', `it is ${foreign.what}`)
  const encoding = findEncoding(first)
  const decoder = new TextDecoder(encoding, { fatal: true })
  let bytesBefore = 0
  const textOf = (bytes?: Uint8Array) => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch {
      throw new DumpError(
        'not-text',
        `a byte after byte ${bytesBefore} is not ${encoding.toUpperCase()}; save the dump as UTF-8.`,
      )
    }
  }
  for await (const bytes of all) {
    yield textOf(bytes)
    bytesBefore += bytes.length
  }
  yield textOf()
}

/** The encoding by byte order mark; without one, of a header's ASCII letters every other byte is zero in UTF-16. */
function findEncoding([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (second === 0 && first !== 0) return 'utf-16le'
  if (first === 0 && second !== 0 && second !== undefined) return 'utf-16be'
  return 'utf-8'
}
