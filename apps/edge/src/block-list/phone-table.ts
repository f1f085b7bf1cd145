/** What the table can hold of an IMEI. */
export type TableStatus = 'PROHIBITED' | 'TRACKING'

/** Part of the slots that is filled: fuller saves memory, emptier saves probes. 0.8 costs 7.5 bytes an entry. */
const fill = 0.8

/** A slot is three 16-bit words: 47 bits of IMEI (14 digits are less than 2^47) and one bit of status. */
const wordsPerSlot = 3
const trackingBit = 0x8000

/**
 * An exact set of listed IMEIs in one flat buffer: open addressing with linear probing, 6 bytes a slot. Built to
 * its size and then only read; the buffer can be shared by every worker of a host. A Set would stop at 16.7
 * million entries and take ten times the memory.
 */
export class PhoneTable {
  readonly #words: Uint16Array
  readonly #slots: number
  #size = 0

  /** @param capacity how many IMEIs it will hold at most */
  constructor(capacity: number) {
    this.#slots = Math.max(8, Math.ceil(capacity / fill))
    this.#words = new Uint16Array(new SharedArrayBuffer(this.#slots * wordsPerSlot * 2))
  }

  /** How many IMEIs it holds. */
  get size(): number {
    return this.#size
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return this.#words.byteLength
  }

  /**
   * Adds an IMEI, or gives it another status.
   * @param imei 14 digits as a number
   * @throws {RangeError} when the table is full
   */
  set(imei: number, status: TableStatus): void {
    const words = this.#words
    // Zero marks a free slot, so every IMEI is kept as one more.
    const key = imei + 1
    const low = key & 0xffff
    const middle = (key / 0x10000) & 0xffff
    const high = Math.floor(key / 0x100000000)
    let slot = slotOf(key, this.#slots)
    for (let probes = 0; probes < this.#slots; probes++) {
      const at = slot * wordsPerSlot
      const isFree = words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0
      const isSame =
        words[at] === low && words[at + 1] === middle && ((words[at + 2] ?? 0) & ~trackingBit) === high
      if (isFree || isSame) {
        words[at] = low
        words[at + 1] = middle
        words[at + 2] = status === 'TRACKING' ? high | trackingBit : high
        if (isFree) this.#size += 1
        return
      }
      slot = slot + 1 === this.#slots ? 0 : slot + 1
    }
    throw new RangeError('the table is full')
  }

  /** What the table holds of an IMEI, or `undefined` where it is not listed. */
  get(imei: number): TableStatus | undefined {
    const words = this.#words
    const key = imei + 1
    const low = key & 0xffff
    const middle = (key / 0x10000) & 0xffff
    const high = Math.floor(key / 0x100000000)
    let at = slotOf(key, this.#slots) * wordsPerSlot
    for (;;) {
      const highWord = words[at + 2] ?? 0
      if (words[at] === low && words[at + 1] === middle && (highWord & ~trackingBit) === high)
        return (highWord & trackingBit) === 0 ? 'PROHIBITED' : 'TRACKING'
      if (words[at] === 0 && words[at + 1] === 0 && highWord === 0) return undefined
      at += wordsPerSlot
      if (at === words.length) at = 0
    }
  }

  /** Every IMEI with its status, in no order. */
  *entries(): IterableIterator<[imei: number, status: TableStatus]> {
    const words = this.#words
    for (let at = 0; at < words.length; at += wordsPerSlot) {
      const highWord = words[at + 2] ?? 0
      const key = (words[at] ?? 0) + (words[at + 1] ?? 0) * 0x10000 + (highWord & ~trackingBit) * 0x100000000
      if (key !== 0) yield [key - 1, (highWord & trackingBit) === 0 ? 'PROHIBITED' : 'TRACKING']
    }
  }
}

/** Spreads keys evenly: serial numbers of one model follow each other closely. */
function slotOf(key: number, slots: number): number {
  const high = Math.floor(key / 0x100000000)
  let hash = Math.imul((key >>> 0) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
  hash ^= hash >>> 16
  // The high part of a product of a 32-bit hash picks the slot without a division.
  return Math.floor(((hash >>> 0) / 0x100000000) * slots)
}
