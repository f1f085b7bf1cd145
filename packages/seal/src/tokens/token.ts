import { createHmac } from 'node:crypto'

/** What a token stands for; the number is the first byte of its wire form. */
export const tokenKinds = { msisdn: 1, imsi: 2 } as const

/** A key of {@link tokenKinds}. */
export type TokenKind = keyof typeof tokenKinds

/** A first-layer token: 16 bytes that only the telco's key can make. Equal values give equal tokens. */
export interface Token {
  readonly kind: TokenKind
  /** The epoch of the key that made it. */
  readonly epoch: number
  readonly bytes: Buffer
}

/** A telco's token key. */
export interface TelcoKey {
  readonly epoch: number
  readonly key: Buffer
}

/** Length of a token's wire form in characters: 18 bytes in base64url. */
export const tokenTextLength = 24

/**
 * Makes the first layer's token: `HMAC-SHA-256(K_telco, kind ‖ 0x00 ‖ value)[0:16]`, kind and value in UTF-8.
 * @param value the identifier in core's canonical form
 */
export function makeToken({ epoch, key }: TelcoKey, kind: TokenKind, value: string): Token {
  const bytes = createHmac('sha256', key).update(`${kind}\0${value}`).digest().subarray(0, 16)
  return { kind, epoch, bytes }
}

/** The wire form: base64url of `kind byte ‖ epoch byte ‖ 16 token bytes`, 24 characters without padding. */
export function encodeToken({ kind, epoch, bytes }: Token): string {
  const wire = Buffer.allocUnsafe(18)
  wire[0] = tokenKinds[kind]
  wire[1] = epoch
  bytes.copy(wire, 2)
  return wire.toString('base64url')
}

/** The value of each base64url character; what is none has its high bit set. */
const sixBits = new Uint8Array(256).fill(0x80)
for (const [value, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
].entries())
  sixBits[character.charCodeAt(0)] = value

/**
 * Reads a token of this kind where its {@link tokenTextLength} characters stand among other bytes, and writes its 16
 * bytes to the target.
 * @returns its epoch; 0 where there is a token of another kind or none, such as a number or a name sent in clear
 */
export function readToken(
  kind: TokenKind,
  source: Uint8Array,
  at: number,
  target: Uint8Array,
  targetAt: number,
): number {
  let [foreign, head] = [0, 0]
  // Four characters are three bytes; kind and epoch are the first two of all.
  for (let from = at, to = targetAt - 2; from < at + tokenTextLength; from += 4, to += 3) {
    const a = sixBits[source[from] as number] as number
    const b = sixBits[source[from + 1] as number] as number
    const c = sixBits[source[from + 2] as number] as number
    const d = sixBits[source[from + 3] as number] as number
    foreign |= a | b | c | d
    const bytes = (a << 18) | (b << 12) | (c << 6) | d
    if (from === at) {
      head = bytes >> 8
    } else {
      target[to] = bytes >> 16
      target[to + 1] = bytes >> 8
    }
    target[to + 2] = bytes
  }
  return foreign & 0x80 || head >> 8 !== tokenKinds[kind] ? 0 : head & 0xff
}

/** Reads a token of this kind from its wire form, or gives `undefined` where {@link readToken} gives 0. */
export function decodeToken(text: string, kind: TokenKind): Token | undefined {
  const source = Buffer.from(text)
  if (source.length !== tokenTextLength) return undefined
  const bytes = Buffer.alloc(16)
  const epoch = readToken(kind, source, 0, bytes, 0)
  return epoch === 0 ? undefined : { kind, epoch, bytes }
}
