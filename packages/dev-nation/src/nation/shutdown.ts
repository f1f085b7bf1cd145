/** A nation is gone this long after it was asked to end: whoever runs it waits for ten seconds. */
const longestMs = 9500

/** Stopping one thing; it is told how long there is left for everything. */
type Stop = (remainingMs: number) => Promise<void>

/**
 * What has to be stopped, in three rounds: programs, all at once; then the database that they use; then what tells others
 * that a nation runs here. What is added after the end is stopped at once.
 */
export class Shutdown {
  readonly #rounds: [Stop[], Stop[], Stop[]] = [[], [], []]
  #running: Promise<void> | undefined
  #startedMs = 0

  first(stop: Stop): void {
    this.#add(0, stop)
  }

  second(stop: Stop): void {
    this.#add(1, stop)
  }

  last(stop: Stop): void {
    this.#add(2, stop)
  }

  /** Stops everything. Called again it waits for the same, and for what was added since. */
  async run(): Promise<void> {
    this.#startedMs ||= performance.now()
    const before = this.#running
    const running = (async () => {
      await before
      for (const round of this.#rounds)
        await Promise.allSettled(round.splice(0).map((stop) => stop(this.#remainingMs())))
    })()
    this.#running = running
    await running
  }

  #add(round: 0 | 1 | 2, stop: Stop): void {
    this.#rounds[round].push(stop)
    if (this.#running) void this.run()
  }

  #remainingMs(): number {
    return Math.max(500, longestMs - (performance.now() - this.#startedMs))
  }
}
