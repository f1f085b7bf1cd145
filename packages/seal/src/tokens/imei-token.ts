import { unwrapTokens, wrapTokens } from './layers.ts'

const version = 1

/** Lays an IMEI's digits out as a block where it belongs: version byte ‖ 14 ASCII digits ‖ 0x00. */
export function writeImeiBlock(
  digits: Uint8Array,
  digitsAt: number,
  target: Uint8Array,
  targetAt: number,
): void {
  target[targetAt] = version
  for (let digit = 0; digit < 14; digit++) target[targetAt + 1 + digit] = digits[digitsAt + digit] as number
  target[targetAt + 15] = 0
}

/** The stored form of one IMEI: its block under K_imei. Equal phones give equal tokens. */
export function makeImeiToken(key: Buffer, imei: string): Buffer {
  const block = Buffer.alloc(16)
  writeImeiBlock(Buffer.from(imei, 'latin1'), 0, block, 0)
  return wrapTokens(key, block)
}

/**
 * The IMEI's 14 digits, for the holder of K_imei.
 * @throws {Error} when the token was made under another key or version
 */
export function openImeiToken(key: Buffer, token: Uint8Array): string {
  const block = unwrapTokens(key, token)
  const digits = block.toString('latin1', 1, 15)
  if (block[0] !== version || block[15] !== 0 || !/^\d{14}$/.test(digits)) {
    throw new Error('not an IMEI token of this key')
  }
  return digits
}
