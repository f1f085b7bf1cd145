/** The interfaces that checks come over. */
export const interfaces = ['n5g-eir', 's13'] as const

/** An item of {@link interfaces}. */
export type CheckInterface = (typeof interfaces)[number]

/**
 * What became of checks, in the words that operators' EIRs have for it: `received` is the sum of all others.
 * `black_allowed` were let through on a blocked phone because their SIM is.
 */
export const outcomes = ['white', 'grey', 'black', 'black_allowed', 'unknown', 'error', 'overload'] as const

/** An item of {@link outcomes}. */
export type CheckOutcome = (typeof outcomes)[number]

/** Upper bounds of the times that checks take, in seconds, as Prometheus counts them; one more holds all above. */
export const timeBounds = [
  0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05,
  0.1,
] as const

const perInterface = outcomes.length + timeBounds.length + 2
const laneLength = interfaces.length * perInterface

/** Memory for the counters of one thread, which other threads read. */
export function makeLane(): SharedArrayBuffer {
  return new SharedArrayBuffer(laneLength * Float64Array.BYTES_PER_ELEMENT)
}

/** One thread's counters for one interface; only that thread writes. */
export class Lane {
  readonly #cells: Float64Array

  constructor(memory: SharedArrayBuffer, of: CheckInterface) {
    const bytes = Float64Array.BYTES_PER_ELEMENT
    this.#cells = new Float64Array(memory, interfaces.indexOf(of) * perInterface * bytes, perInterface)
  }

  /** Counts a check and the time that it took. */
  count(outcome: CheckOutcome, seconds: number): void {
    const cells = this.#cells
    const place = outcomes.indexOf(outcome)
    cells[place] = (cells[place] as number) + 1
    let bound = 0
    while (bound < timeBounds.length && seconds > (timeBounds[bound] as number)) bound += 1
    const bucket = outcomes.length + bound
    cells[bucket] = (cells[bucket] as number) + 1
    cells[perInterface - 1] = (cells[perInterface - 1] as number) + seconds
  }

  /** How often this became of a check. */
  of(outcome: CheckOutcome): number {
    return this.#cells[outcomes.indexOf(outcome)] as number
  }

  /** How many checks took longer than the bound before and not longer than this one, and the sum of all times. */
  get times(): { readonly counts: readonly number[]; readonly sumSeconds: number } {
    const counts = [...this.#cells.subarray(outcomes.length, perInterface - 1)]
    return { counts, sumSeconds: this.#cells[perInterface - 1] as number }
  }
}
