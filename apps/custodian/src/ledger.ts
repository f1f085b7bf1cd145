import { DurableLines } from './durable-file.ts'
import { Turns } from './turns.ts'

/** How much may be done in a day. */
export interface Budget {
  readonly perOfficer: number
  readonly inAll: number
}

/** Something that is done once and counted. */
export interface LedgerEntry {
  /** Used once. */
  readonly id: string
  /** What exactly is done: the same id with another is refused. */
  readonly hash: string
  readonly officer: string
}

/** What the ledger says of an attempt. */
export type Admission = 'admitted' | 'repeated' | 'id-used' | 'budget-officer' | 'budget-all'

interface Line extends LedgerEntry {
  /** Epoch milliseconds, never less than the line before. */
  readonly atMs: number
}

const dayMs = 24 * 60 * 60 * 1000

/**
 * Remembers on disk what was done, before it is done: a crash never gives budget back, and a clock that is set back
 * stands still here.
 */
export class Ledger {
  readonly #file: DurableLines
  readonly #now: () => number
  readonly #hashes = new Map<string, string>()
  #lastMs = 0
  /** Of the last day: how often each officer, and all together. */
  #day = 0
  #counts = new Map<string, number>()
  #total = 0
  readonly #turns = new Turns()

  private constructor(file: DurableLines, now: () => number) {
    this.#file = file
    this.#now = now
  }

  /**
   * Opens a ledger, making it where there is none.
   * @throws {Error} when it cannot be read: starting over would give every budget back
   */
  static async open(path: string, now: () => number): Promise<Ledger> {
    const { file, lines } = await DurableLines.open(path)
    const ledger = new Ledger(file, now)
    for (const line of lines) ledger.#count(JSON.parse(line) as Line)
    return ledger
  }

  /** The latest time that this ledger or the clock knows of, epoch milliseconds. */
  get nowMs(): number {
    return Math.max(this.#now(), this.#lastMs)
  }

  /** Admits an attempt if it is new and within budget, remembering it first. */
  admit(entry: LedgerEntry, budget: Budget): Promise<Admission> {
    // One at a time: two at once must not both find the last of a budget.
    return this.#turns.take(() => this.#admitNext(entry, budget))
  }

  async #admitNext(entry: LedgerEntry, budget: Budget): Promise<Admission> {
    const known = this.#hashes.get(entry.id)
    if (known !== undefined) return known === entry.hash ? 'repeated' : 'id-used'
    const atMs = this.nowMs
    this.#turnDay(atMs)
    if ((this.#counts.get(entry.officer) ?? 0) >= budget.perOfficer) return 'budget-officer'
    if (this.#total >= budget.inAll) return 'budget-all'
    const line = { ...entry, atMs }
    await this.#file.add(JSON.stringify(line))
    this.#count(line)
    return 'admitted'
  }

  #count({ id, hash, officer, atMs }: Line): void {
    this.#hashes.set(id, hash)
    this.#lastMs = Math.max(this.#lastMs, atMs)
    this.#turnDay(this.#lastMs)
    this.#counts.set(officer, (this.#counts.get(officer) ?? 0) + 1)
    this.#total += 1
  }

  #turnDay(atMs: number): void {
    const day = Math.floor(atMs / dayMs)
    if (day <= this.#day) return
    this.#day = day
    this.#counts = new Map()
    this.#total = 0
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
