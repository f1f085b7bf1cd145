const firstPauseMs = 60_000
const longestPauseMs = 60 * 60_000

/** How long something has not worked, and how often it failed meanwhile. */
export interface OutageLength {
  readonly failures: number
  readonly forMs: number
}

/**
 * Something that is tried again and again, and how its failures are told: at once, then a minute later, then after two,
 * four, … minutes, and at last every hour. Whoever reads the lines learns of every outage, and an outage does not fill a
 * disk with lines. One that comes and goes is told no more often: its pauses begin anew only after it was well for as long
 * as the last of them. Moments are milliseconds of any clock that does not run backwards.
 */
export class Outage {
  #failures = 0
  #sinceMs: number | undefined
  #endedMs = Number.NEGATIVE_INFINITY
  #isTold = false
  #pauseMs = firstPauseMs
  #nextMs = Number.NEGATIVE_INFINITY

  /** Whether it failed at its last try. */
  get isOn(): boolean {
    return this.#sinceMs !== undefined
  }

  /** Takes note of a failure; gives what is to be told of it, or `undefined` where it is not yet time. */
  noteFailure(nowMs: number): OutageLength | undefined {
    if (this.#sinceMs === undefined) this.#begin(nowMs)
    this.#failures += 1
    if (nowMs < this.#nextMs) return undefined
    this.#isTold = true
    this.#nextMs = nowMs + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs)
    return this.#lengthAt(nowMs)
  }

  /** Takes note of a success; gives what is to be told, or `undefined` where nothing was told before. */
  noteSuccess(nowMs: number): OutageLength | undefined {
    if (this.#sinceMs === undefined) return undefined
    const told = this.#isTold ? this.#lengthAt(nowMs) : undefined
    this.#isTold = false
    this.#sinceMs = undefined
    this.#endedMs = nowMs
    return told
  }

  #begin(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#failures = 0
    if (nowMs - this.#endedMs < this.#pauseMs) return
    this.#pauseMs = firstPauseMs
    this.#nextMs = nowMs
  }

  #lengthAt(nowMs: number): OutageLength {
    return { failures: this.#failures, forMs: nowMs - (this.#sinceMs ?? nowMs) }
  }
}
