import type { Checked } from '../checks/check-phone.ts'
import type { DiameterIdentity } from './answers.ts'
import type { CheckScanner } from './check-scanner.ts'
import { checkAnswers } from './me-identity-check.ts'

const headerLength = 20
const [requestFlag, proxiableFlag] = [0x80, 0x40]

/** Answers of checks that need no longer look, written one behind another into one buffer. */
export class QuickAnswers {
  /** What follows Session-Id, by what is said of a phone. */
  readonly #tails: Readonly<Record<Checked['answer'], Buffer>>
  #buffer: Buffer = Buffer.alloc(0)
  #length = 0

  constructor(identity: DiameterIdentity) {
    const tailOf = (answer: Checked['answer']) => Buffer.concat([...checkAnswers[answer], identity])
    this.#tails = {
      PERMITTED: tailOf('PERMITTED'),
      PROHIBITED: tailOf('PROHIBITED'),
      TRACKING: tailOf('TRACKING'),
      unknown: tailOf('unknown'),
    }
  }

  /** Writes the answer to the request that was scanned, which begins at `start`. */
  write(
    request: Buffer,
    start: number,
    { sessionAt, sessionEnd }: CheckScanner,
    answer: Checked['answer'],
  ): void {
    const tail = this.#tails[answer]
    const length = headerLength + sessionEnd - sessionAt + tail.length
    const at = this.#makeRoom(length)
    const bytes = this.#buffer
    // Command, application and identifiers are the request's.
    request.copy(bytes, at, start, start + headerLength)
    bytes[at + 1] = length >>> 16
    bytes[at + 2] = (length >>> 8) & 0xff
    bytes[at + 3] = length & 0xff
    bytes[at + 4] = (request[start + 4] as number) & ~requestFlag & proxiableFlag
    request.copy(bytes, at + headerLength, sessionAt, sessionEnd)
    bytes.set(tail, at + headerLength + sessionEnd - sessionAt)
  }

  /** What was written since it was last taken; `undefined` where that is nothing. */
  take(): Buffer | undefined {
    if (this.#length === 0) return undefined
    const taken = this.#buffer.subarray(0, this.#length)
    // What was taken is on its way to the network: the next answers go into memory of their own.
    this.#buffer = this.#buffer.subarray(this.#length)
    this.#length = 0
    return taken
  }

  #makeRoom(length: number): number {
    const at = this.#length
    if (at + length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(64 * 1024, 2 * (at + length)))
      this.#buffer.copy(larger, 0, 0, at)
      this.#buffer = larger
    }
    this.#length += length
    return at
  }
}
