import { createCipheriv } from 'node:crypto'
import { digestLength } from './state-files.ts'

const blockLength = 16
const wordsPerBlock = blockLength / 4
const newline = 10
const padding = 0x80

/**
 * Keyed digests of many rows at once: PMAC1 over AES-256 (Rogaway 2004, §6), each row padded with `10*` to whole blocks.
 * All blocks of a batch are enciphered in two calls, where a hash a row is a call a row: that costs eight times as much.
 */
export class RowDigests {
  readonly #key: Uint8Array
  /** `2^i · L` for block i, counted from 1, as words. */
  #offsets: Uint32Array = new Uint32Array(0)
  #blocks: Uint32Array<ArrayBuffer> = new Uint32Array(0)

  /** @param key 32 bytes, of this use alone */
  constructor(key: Uint8Array) {
    this.#key = key
  }

  /**
   * The digests of a text's lines, {@link digestLength} bytes each.
   * @param text as many lines as there are, joined by LF
   */
  digest(text: string, lines: number): Buffer {
    const bytes = Buffer.from(text)
    const digests = Buffer.alloc(lines * digestLength)
    const finals = wordsOf(digests)
    // How many blocks lie before each row's last: they are summed up into it once they are enciphered.
    const counts = new Uint32Array(lines)
    const used = this.#layOut(bytes, finals, counts)
    const enciphered = wordsOf(this.#encipher(this.#blocks.subarray(0, used)))
    for (let row = 0, at = 0; row < lines; row++) {
      const final = row * wordsPerBlock
      for (const end = at + (counts[row] as number) * wordsPerBlock; at < end; at += wordsPerBlock)
        xorBlock(finals, final, enciphered, at)
    }
    return this.#encipher(finals)
  }

  /** Cuts lines into blocks, each with its offset: all but the last of each line in a row, the last ones apart. */
  #layOut(bytes: Buffer, finals: Uint32Array, counts: Uint32Array): number {
    const atMost = Math.ceil(bytes.length / blockLength) * wordsPerBlock
    if (this.#blocks.length < atMost) this.#blocks = new Uint32Array(atMost)
    const blocks = this.#blocks
    const blockBytes = new Uint8Array(blocks.buffer)
    const finalBytes = new Uint8Array(finals.buffer, finals.byteOffset, finals.byteLength)
    let used = 0
    for (let row = 0, start = 0; row < counts.length; row++) {
      const found = bytes.indexOf(newline, start)
      const end = found < 0 ? bytes.length : found
      const whole = Math.floor((end - start) / blockLength)
      const last = start + whole * blockLength
      this.#reach(whole + 3)
      const offsets = this.#offsets
      for (let from = start, to = used * 4; from < last; from++, to++) blockBytes[to] = bytes[from] as number
      for (let block = 1; block <= whole; block++, used += wordsPerBlock)
        xorBlock(blocks, used, offsets, block * wordsPerBlock)
      counts[row] = whole
      const final = row * wordsPerBlock
      for (let from = last, to = row * blockLength; from < end; from++, to++)
        finalBytes[to] = bytes[from] as number
      finalBytes[row * blockLength + (end - last)] = padding
      // The last block's offset is 3 · 2^m · L: two neighbours of the table together.
      xorBlock(finals, final, offsets, (whole + 1) * wordsPerBlock)
      xorBlock(finals, final, offsets, (whole + 2) * wordsPerBlock)
      start = end + 1
    }
    return used
  }

  /** Makes the table of offsets reach this many blocks. */
  #reach(blocks: number): void {
    if (this.#offsets.length >= blocks * wordsPerBlock) return
    const offsets = Buffer.alloc(2 * blocks * blockLength)
    let offset = this.#encipher(new Uint32Array(wordsPerBlock))
    for (let at = 0; at < offsets.length; at += blockLength) {
      offset.copy(offsets, at)
      offset = doubled(offset)
    }
    this.#offsets = wordsOf(offsets)
  }

  #encipher(words: Uint32Array): Buffer {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    return createCipheriv('aes-256-ecb', this.#key, null).setAutoPadding(false).update(bytes)
  }
}

function xorBlock(target: Uint32Array, at: number, source: Uint32Array, from: number): void {
  target[at] = (target[at] as number) ^ (source[from] as number)
  target[at + 1] = (target[at + 1] as number) ^ (source[from + 1] as number)
  target[at + 2] = (target[at + 2] as number) ^ (source[from + 2] as number)
  target[at + 3] = (target[at + 3] as number) ^ (source[from + 3] as number)
}

/** The block times x in GF(2^128), its bytes big-endian, modulo x^128 + x^7 + x^2 + x + 1. */
function doubled(block: Buffer): Buffer {
  const product = Buffer.alloc(blockLength)
  for (let at = 0; at < blockLength; at++)
    product[at] = ((block[at] as number) << 1) | ((block[at + 1] ?? 0) >> 7)
  if ((block[0] as number) >> 7) product[blockLength - 1] = (product[blockLength - 1] as number) ^ 0x87
  return product
}

/** Bytes as words; copied only where they do not lie at a word. */
function wordsOf(bytes: Buffer): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}
