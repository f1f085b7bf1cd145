import { createHash } from 'node:crypto'

/** The forms in which an identifier could lie somewhere. Each gives the byte strings that would give it away. */
export const encodings = {
  text: (text) => [Buffer.from(text)],
  hex: (text) =>
    [Buffer.from(text).toString('hex'), Buffer.from(text).toString('hex').toUpperCase()].map(ascii),
  base64: (text) => [...base64Forms(Buffer.from(text))],
  'UTF-16': (text) => [utf16(text), utf16(text).swap16()],
  int64: (text) => (isNumber(text) ? int64(BigInt(text)) : []),
  numeric: (text) => (isNumber(text) ? [numeric(text)] : []),
  TBCD: (text) => (isNumber(text) ? [tbcd(text)] : []),
  MD5: (text) => hashForms('md5', text),
  'SHA-1': (text) => hashForms('sha1', text),
  'SHA-256': (text) => hashForms('sha256', text),
} as const satisfies Record<string, (text: string) => readonly Buffer[]>

/** A name of an encoding. */
export type EncodingName = keyof typeof encodings

/** The names, in the order of the table. */
export const encodingNames = Object.keys(encodings) as readonly EncodingName[]

const isNumber = (text: string) => /^[1-9][0-9]{9,17}$/.test(text)
const ascii = (text: string) => Buffer.from(text, 'latin1')
const utf16 = (text: string) => Buffer.from(text, 'utf16le')

/** Whole base64 groups of the text at each of three alignments; what its neighbours share a group with is left out. */
function* base64Forms(bytes: Buffer): Generator<Buffer> {
  for (let before = 0; before < 3; before++) {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
    const whole = padded.subarray(0, padded.length - (padded.length % 3))
    for (const form of ['base64', 'base64url'] as const) {
      const text = whole.toString(form)
      yield ascii(before === 0 ? text : text.slice(4))
    }
  }
}

function int64(value: bigint): Buffer[] {
  const [little, big] = [Buffer.alloc(8), Buffer.alloc(8)]
  little.writeBigInt64LE(value)
  big.writeBigInt64BE(value)
  return [little, big]
}

/** PostgreSQL's short numeric as it lies on disk: header, then digits to the base of 10,000, each in two bytes. */
function numeric(text: string): Buffer {
  const padded = text.padStart(Math.ceil(text.length / 4) * 4, '0')
  const digits = (padded.match(/.{4}/g) ?? []).map(Number)
  const weight = digits.length - 1
  while (digits.at(-1) === 0) digits.pop()
  const bytes = Buffer.alloc(2 + 2 * digits.length)
  bytes.writeUInt16LE(0x8000 | weight)
  for (const [place, digit] of digits.entries()) bytes.writeUInt16LE(digit, 2 + 2 * place)
  return bytes
}

/** Digits in swapped nibbles, as telephone networks carry them (TS 29.002): `F` fills the last. */
function tbcd(text: string): Buffer {
  const even = text.length % 2 === 0 ? text : `${text}f`
  return Buffer.from(even.replaceAll(/(.)(.)/g, '$2$1'), 'hex')
}

function hashForms(algorithm: string, text: string): Buffer[] {
  const digest = createHash(algorithm).update(text).digest()
  return [digest, ascii(digest.toString('hex')), ascii(digest.toString('base64').replace(/=+$/, ''))]
}
