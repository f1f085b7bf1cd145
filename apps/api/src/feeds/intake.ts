import { Problem } from '../http/problems.ts'

/** Parts taken in at once: what the database's connections and this process's memory carry. */
const limits = { perTelco: 6, inAll: 12 } as const

/** When to come back: a part is taken in within some tens of milliseconds. */
const retryAfterSeconds = 1

/** Lets so many parts in at a time, per telco and in all, and sends the others away until later. */
export class Intake {
  readonly #underWay = new Map<number, number>()
  #total = 0

  /**
   * Does the work if there is room for it.
   * @throws {Problem} `rate-limited` when this telco sends too many at once, `unavailable` when all together do
   */
  async admit<Value>(telcoId: number, work: () => Promise<Value>): Promise<Value> {
    const own = this.#underWay.get(telcoId) ?? 0
    if (own >= limits.perTelco)
      throw new Problem('rate-limited', `At most ${limits.perTelco} parts at once.`, { retryAfterSeconds })
    if (this.#total >= limits.inAll)
      throw new Problem('unavailable', 'As many feeds as can be taken in are under way.', {
        retryAfterSeconds,
      })
    this.#underWay.set(telcoId, own + 1)
    this.#total += 1
    try {
      return await work()
    } finally {
      this.#underWay.set(telcoId, (this.#underWay.get(telcoId) ?? 1) - 1)
      this.#total -= 1
    }
  }
}
