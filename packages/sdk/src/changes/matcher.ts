import { digestLength, type StateReader } from './state-files.ts'

/** How far ahead a row is looked for among those remembered: what may have ended in between. */
const lookahead = 512

/** Rows that may go unfound before all that is remembered is searched; doubled each time in vain. */
const firstPatience = 2048

/** Digests read at a time: each reading is a wait. */
const windowRows = 65_536

/** The place of a row that is not remembered. */
export const notFound = -1

const words = digestLength / 4

/**
 * Finds a source's rows among those remembered, both in the source's order: an unchanged row is the next one
 * remembered, and costs one comparison. A source that gives its rows in another order each time is found out of step
 * and costs more; what is found to have changed stays right.
 */
export class Matcher {
  readonly #state: StateReader
  /** The next row that is remembered and not passed. */
  cursor = 0
  #window: Uint32Array<ArrayBufferLike> = new Uint32Array(0)
  #windowFrom = 0
  #unfound = 0
  #patience = firstPatience

  constructor(state: StateReader) {
    this.#state = state
  }

  /** Makes ready to match so many rows, at most {@link windowRows} less {@link lookahead}. */
  async prepare(rows: number): Promise<void> {
    const needed = Math.min(this.cursor + rows + lookahead, this.#state.rows)
    if (needed <= this.#windowFrom + this.#window.length / words) return
    const digests = await this.#state.readDigests(this.cursor, this.cursor + windowRows)
    this.#window = wordsOf(digests)
    this.#windowFrom = this.cursor
  }

  /** Where the row of this digest is remembered at or after the cursor, which then stands behind it. */
  match(digests: Uint32Array, row: number): number {
    const at = row * words
    const from = (this.cursor - this.#windowFrom) * words
    const end = Math.min(this.#window.length, from + lookahead * words)
    const place = find(this.#window, from, end, digests, at)
    if (place === notFound) {
      this.#unfound += 1
      return notFound
    }
    this.#unfound = 0
    this.cursor = this.#windowFrom + place / words + 1
    return this.cursor - 1
  }

  /** After many rows in vain, looks for one of them in all that is remembered; then matching goes on behind it. */
  async catchUp(digests: Uint32Array, row: number): Promise<void> {
    if (this.#unfound < this.#patience || this.cursor >= this.#state.rows) return
    this.#unfound = 0
    for (let from = this.cursor; from < this.#state.rows; from += windowRows) {
      const window = wordsOf(await this.#state.readDigests(from, from + windowRows))
      const place = find(window, 0, window.length, digests, row * words)
      if (place === notFound) continue
      this.cursor = from + place / words + 1
      return
    }
    this.#patience *= 2
  }
}

/** The digests as numbers that compare quickly. */
export function wordsOf(digests: Buffer): Uint32Array {
  return new Uint32Array(digests.buffer, digests.byteOffset, digests.byteLength / 4)
}

function find(window: Uint32Array, from: number, end: number, digests: Uint32Array, at: number): number {
  const first = digests[at]
  for (let place = from; place < end; place += words)
    if (
      window[place] === first &&
      window[place + 1] === digests[at + 1] &&
      window[place + 2] === digests[at + 2] &&
      window[place + 3] === digests[at + 3]
    )
      return place
  return notFound
}
