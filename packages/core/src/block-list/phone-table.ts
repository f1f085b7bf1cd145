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

  /** @param memory of a table that was built, here or in another thread */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Uint16Array(memory)
    this.#slots = this.#words.length / wordsPerSlot
  }

  /** An empty table that will hold so many IMEIs at most. */
  static withRoomFor(capacity: number): PhoneTable {
    const slots = Math.max(8, Math.ceil(capacity / fill))
    return new PhoneTable(new SharedArrayBuffer(slots * wordsPerSlot * 2))
  }

  /** What it lies in, for other threads. */
  get memory(): SharedArrayBuffer {
    // The constructor put it there.
    return this.#words.buffer as SharedArrayBuffer
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
}

/** Spreads IMEIs, as numbers, evenly over so many slots: serial numbers of one model follow each other closely. */
export function slotOf(key: number, slots: number): number {
  const high = Math.floor(key / 0x100000000)
  let hash = Math.imul((key >>> 0) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
  hash ^= hash >>> 16
  // The high part of a product of a 32-bit hash picks the slot without a division.
  return Math.floor(((hash >>> 0) / 0x100000000) * slots)
}
