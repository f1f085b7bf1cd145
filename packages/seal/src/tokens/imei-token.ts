import { unwrapTokens, wrapTokens } from './layers.ts'

const version = 1

/** Lays IMEIs out as blocks: version byte ‖ 14 ASCII digits ‖ 0x00, 16 bytes each. */
export function imeiBlocks(imeis: readonly string[]): Buffer {
  const blocks = Buffer.alloc(imeis.length * 16)
  for (const [index, imei] of imeis.entries()) {
    blocks[index * 16] = version
    blocks.write(imei, index * 16 + 1, 14, 'latin1')
  }
  return blocks
}

/** The stored form of one IMEI: its block under K_imei. Equal phones give equal tokens. */
export function makeImeiToken(key: Buffer, imei: string): Buffer {
  return wrapTokens(key, imeiBlocks([imei]))
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
