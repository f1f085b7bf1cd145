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

/**
 * Optional parameters of checks that are passed over, and counted, where they cannot be read: a phone that is blocked stays
 * so whatever else a request holds.
 */
export const ignoredParameters = ['supi', 'gpsi', 'supported-features', 'User-Name'] as const

/** An item of {@link ignoredParameters}. */
export type IgnoredParameter = (typeof ignoredParameters)[number]

/** Upper bounds of the times that checks take, in seconds, as Prometheus counts them; one more holds all above. */
export const timeBounds = [
  0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05,
  0.1,
] as const

const checkCells = outcomes.length + timeBounds.length + 2
const refusedCell = checkCells + ignoredParameters.length
const evictedCell = refusedCell + 1
const perInterface = evictedCell + 1
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
    cells[checkCells - 1] = (cells[checkCells - 1] as number) + seconds
  }

  /** How often this became of a check. */
  of(outcome: CheckOutcome): number {
    return this.#cells[outcomes.indexOf(outcome)] as number
  }

  /** How many checks took longer than the bound before and not longer than this one, and the sum of all times. */
  get times(): { readonly counts: readonly number[]; readonly sumSeconds: number } {
    const counts = [...this.#cells.subarray(outcomes.length, checkCells - 1)]
    return { counts, sumSeconds: this.#cells[checkCells - 1] as number }
  }

  /** Counts a parameter that could not be read and was passed over. */
  countIgnored(parameter: IgnoredParameter): void {
    this.#increase(checkCells + ignoredParameters.indexOf(parameter))
  }

  /** How often a parameter was passed over. */
  ignored(parameter: IgnoredParameter): number {
    return this.#cells[checkCells + ignoredParameters.indexOf(parameter)] as number
  }

  /** Counts a connection that was refused, or ended before it said who it is, since there were too many. */
  countRefusedConnection(): void {
    this.#increase(refusedCell)
  }

  get refusedConnections(): number {
    return this.#cells[refusedCell] as number
  }

  /** Counts an idle connection that made room for another. */
  countEvictedConnection(): void {
    this.#increase(evictedCell)
  }

  get evictedConnections(): number {
    return this.#cells[evictedCell] as number
  }

  #increase(cell: number): void {
    this.#cells[cell] = (this.#cells[cell] as number) + 1
  }
}
