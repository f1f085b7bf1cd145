import { Outage } from '@pcbs/core'
import { logEvent, type TroubleName, troubles } from '../log.ts'

/** Something outside that an edge needs and that can fail; its failures are counted, and told at growing intervals. */
export class Trouble {
  readonly #name: TroubleName
  readonly #outage = new Outage()
  /** Those of its parts that failed at their last try. */
  readonly #failing = new Set<TroubleNote>()
  #failures = 0

  constructor(name: TroubleName) {
    this.#name = name
  }

  /** Whether it failed at its last try. */
  get isOn(): boolean {
    return this.#outage.isOn
  }

  /** How often it failed in all. */
  get failures(): number {
    return this.#failures
  }

  /** For one of several who can fail at this, each at something of his own: it is over when none of them fails any more. */
  part(): TroubleNote {
    const part: TroubleNote = {
      failed: (reason) => {
        this.#failing.add(part)
        this.failed(reason)
      },
      succeeded: () => {
        this.#failing.delete(part)
        if (this.#failing.size === 0) this.succeeded()
      },
    }
    return part
  }

  /** Takes note of a failure; the reason names nobody. */
  failed(reason: string): void {
    this.#failures += 1
    const told = this.#outage.noteFailure(performance.now())
    if (told)
      logEvent(troubles[this.#name], { reason, failures: told.failures, seconds: secondsOf(told.forMs) })
  }

  /** Takes note of a success. */
  succeeded(): void {
    const told = this.#outage.noteSuccess(performance.now())
    if (told) logEvent('trouble_over', { trouble: this.#name, seconds: secondsOf(told.forMs) })
  }
}

/** Who tries something tells how it went. */
export type TroubleNote = Pick<Trouble, 'failed' | 'succeeded'>

/** One of each. */
export function openTroubles(): Readonly<Record<TroubleName, Trouble>> {
  const names = Object.keys(troubles) as readonly TroubleName[]
  // Each name has its own.
  return Object.fromEntries(names.map((name) => [name, new Trouble(name)])) as Record<TroubleName, Trouble>
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1000)
}
