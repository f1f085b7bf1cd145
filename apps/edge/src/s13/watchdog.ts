/** What a watchdog does with a connection. */
export interface Watched {
  /** Asks the peer whether it is there. */
  ask(): void
  /** Lets a peer go that did not answer. */
  giveUp(): void
}

/** The timer is set up to this part of its time early or late: two seconds of thirty, as RFC 3539 §3.4.1 has it. */
const jitter = 1 / 15

/**
 * Watches one connection (RFC 6733 §5.5, RFC 3539 §3.4.1). A peer that was silent for one period is asked whether it is
 * there; one that is silent for the next one too is let go. Whatever it sends begins that anew, so that it is asked in every
 * period of silence, however long the connection lives.
 */
export class Watchdog {
  readonly #periodMs: number
  readonly #watched: Watched
  #timer: NodeJS.Timeout
  #isAsked = false

  constructor(periodMs: number, watched: Watched) {
    this.#periodMs = periodMs
    this.#watched = watched
    this.#timer = this.#set()
  }

  /** Takes note that a whole message has come. */
  heard(): void {
    this.#isAsked = false
    this.#timer.refresh()
  }

  /** Watches no longer. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #set(): NodeJS.Timeout {
    const shiftMs = this.#periodMs * jitter * (2 * Math.random() - 1)
    return setTimeout(() => this.#expire(), this.#periodMs + shiftMs)
  }

  #expire(): void {
    if (this.#isAsked) {
      this.#watched.giveUp()
      return
    }
    this.#isAsked = true
    this.#timer = this.#set()
    this.#watched.ask()
  }
}
