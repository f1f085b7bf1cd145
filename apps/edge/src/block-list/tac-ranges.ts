import type { EquipmentStatus } from '@pcbs/core'
import type { ListRange } from '@pcbs/seal'

/** A range of models: first and last TAC as numbers. */
interface TacRange {
  readonly from: number
  readonly to: number
  readonly status: EquipmentStatus
}

const snrs = 1_000_000

/** Ranges of models, which do not overlap: the registry sees to that. */
export class TacRanges {
  /** Ascending. */
  #all: readonly TacRange[]

  constructor(ranges: readonly (ListRange | TacRange)[]) {
    this.#all = ranges
      .map((range) => ('tacs' in range ? numbersOf(range) : range))
      .toSorted((one, other) => one.from - other.from)
  }

  /** All of them, for another thread. */
  get all(): readonly TacRange[] {
    return this.#all
  }

  /** Sets what is said of a range; PERMITTED takes it away. */
  apply(change: ListRange): void {
    const { from, to, status } = numbersOf(change)
    const others = this.#all.filter((range) => range.from !== from)
    const next = status === 'PERMITTED' ? others : [...others, { from, to, status }]
    this.#all = next.toSorted((one, other) => one.from - other.from)
  }

  /** What is said of a phone's model, 14 digits as a number. */
  get(imei: number): EquipmentStatus | undefined {
    const all = this.#all
    if (all.length === 0) return undefined
    const tac = Math.floor(imei / snrs)
    let [low, high] = [0, all.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((all[middle] as TacRange).to < tac) low = middle + 1
      else high = middle
    }
    const range = all[low]
    return range && range.from <= tac ? range.status : undefined
  }
}

function numbersOf({ tacs, status }: ListRange): TacRange {
  return { from: Number(tacs.from), to: Number(tacs.to), status }
}
