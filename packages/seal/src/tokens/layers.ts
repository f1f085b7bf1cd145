import { createCipheriv, createDecipheriv } from 'node:crypto'

/**
 * The second layer: AES-256 of each 16-byte token under the registry's key for this telco, a whole batch
 * in one call. ECB is right here and only here: each block is a whole pseudorandom token, and equal
 * tokens must stay equal.
 * @param blocks tokens one after another, a multiple of 16 bytes
 * @throws {RangeError} when the length is not a multiple of 16
 */
export function wrapTokens(key: Buffer, blocks: Uint8Array): Buffer {
  if (blocks.length % 16 !== 0) throw new RangeError('tokens are blocks of 16 bytes')
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks)
}

/** Undoes {@link wrapTokens}: gives the first-layer tokens back. */
export function unwrapTokens(key: Buffer, blocks: Uint8Array): Buffer {
  if (blocks.length % 16 !== 0) throw new RangeError('tokens are blocks of 16 bytes')
  return createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks)
}
