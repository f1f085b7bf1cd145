import { randomBytes } from 'node:crypto'

const range = 2 ** 32

/**
 * Hop-by-Hop and End-to-End Identifiers of our own requests, each one more than the one before (RFC 6733 §3). Hop-by-Hop
 * Identifiers begin anywhere. End-to-End Identifiers begin with the low twelve bits of the time, so that an edge that was
 * started anew does not repeat those of its last minutes, and twenty random bits, so that neither do its other threads.
 */
export class RequestIdentifiers {
  #hopByHop = randomBytes(4).readUInt32BE()
  #endToEnd: number

  /** @param nowMs the time, epoch milliseconds */
  constructor(nowMs: number) {
    const seconds = Math.floor(nowMs / 1000)
    this.#endToEnd = (seconds % 2 ** 12) * 2 ** 20 + (randomBytes(4).readUInt32BE() >>> 12)
  }

  /** Those of the next request. */
  next(): { readonly hopByHop: number; readonly endToEnd: number } {
    this.#hopByHop = (this.#hopByHop + 1) % range
    this.#endToEnd = (this.#endToEnd + 1) % range
    return { hopByHop: this.#hopByHop, endToEnd: this.#endToEnd }
  }
}
