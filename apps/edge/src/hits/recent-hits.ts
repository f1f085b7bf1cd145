/** What makes two hits one: the phone, the SIM as its token where one was told, and what was answered. */
export interface HitKind {
  readonly imei: string
  readonly imsi?: string
  readonly status: string
  readonly atMs: number
}

/** A phone that is refused tries again at once, and again: of one minute the first hit says it all. */
const mergedMs = 60_000

/** Hits remembered at once, each some hundred bytes; the oldest are forgotten, and what repeats them is a hit anew. */
const most = 100_000

/**
 * Tells which hits repeat one of the minute before: the first is kept and those after it are counted, so that one phone
 * cannot push others out of a bounded queue. A minute is counted from the hit that was kept, so that a phone that never
 * stops is told of once a minute.
 */
export class RecentHits {
  /** When each was kept, epoch milliseconds; in the order in which they were. */
  readonly #kept = new Map<string, number>()
  #merged = 0

  /** How many repeated another. */
  get merged(): number {
    return this.#merged
  }

  /** Whether a hit repeats one; otherwise it is the first of its minute. */
  isRepeated({ imei, imsi = '', status, atMs }: HitKind): boolean {
    const kind = `${imei} ${imsi} ${status}`
    const keptMs = this.#kept.get(kind)
    // A clock that was set back makes no hit repeat one that is yet to come.
    if (keptMs !== undefined && atMs >= keptMs && atMs - keptMs < mergedMs) {
      this.#merged += 1
      return true
    }
    this.#kept.delete(kind)
    this.#kept.set(kind, atMs)
    this.#forgetOldest(atMs)
    return false
  }

  #forgetOldest(nowMs: number): void {
    for (const [kind, keptMs] of this.#kept) {
      if (this.#kept.size <= most && nowMs - keptMs < mergedMs) return
      this.#kept.delete(kind)
    }
  }
}
