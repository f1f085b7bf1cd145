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

const wireForm = /^[A-Za-z0-9_-]{24}$/

/**
 * Reads a token of this kind, or gives `undefined`: for a token of another kind and for anything that is
 * not a token, such as a number or a name sent in clear.
 */
export function decodeToken(text: string, kind: TokenKind): Token | undefined {
  if (!wireForm.test(text)) return undefined
  const wire = Buffer.from(text, 'base64url')
  const epoch = wire[1]
  if (wire[0] !== tokenKinds[kind] || !epoch) return undefined
  return { kind, epoch, bytes: wire.subarray(2) }
}
