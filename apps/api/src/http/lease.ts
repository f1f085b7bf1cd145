import type { SharedLimit, Spending } from '@pcbs/store'

/** Points of a key that are this process's to spend, until the window that they are of is over. */
interface Held {
  points: number
  readonly endMs: number
}

/** Keys whose points are held at once; of one forgotten some points are lost, and no request. */
const mostKeys = 10_000

/**
 * Takes points of a shared limit several at a time and spends them out of memory, so that most requests of a busy client
 * cost no query. A limit is over once it has no more points to give, which may be up to one such helping per process before
 * all of them are used.
 */
export class Lease implements SharedLimit {
  readonly #limit: SharedLimit
  readonly #helping: number
  readonly #held = new Map<string, Held>()
  readonly #asked = new Map<string, Promise<Spending>>()

  constructor(limit: SharedLimit, helping: number) {
    this.#limit = limit
    this.#helping = helping
  }

  /** Spends one point. */
  async spend(key: string): Promise<Spending> {
    for (;;) {
      const held = this.#held.get(key)
      if (held && held.points > 0 && performance.now() < held.endMs) {
        held.points -= 1
        return { isOver: false, msBeforeNext: held.endMs - performance.now() }
      }
      const spending = await this.#ask(key)
      if (spending.isOver) return spending
    }
  }

  /** One question at a time for each key: all who wait for points share the next helping. */
  #ask(key: string): Promise<Spending> {
    const asked = this.#asked.get(key)
    if (asked) return asked
    const question = this.#limit
      .spend(key, this.#helping)
      .then((spending) => {
        if (!spending.isOver) this.#hold(key, spending.msBeforeNext)
        return spending
      })
      .finally(() => this.#asked.delete(key))
    this.#asked.set(key, question)
    return question
  }

  #hold(key: string, forMs: number): void {
    const [oldest] = this.#held.keys()
    if (this.#held.size >= mostKeys && oldest !== undefined) this.#held.delete(oldest)
    this.#held.set(key, { points: this.#helping, endMs: performance.now() + forMs })
  }
}
