import { logEvent, type TroubleName, troubles } from '../log.ts'

/** Between two lines of the same trouble: each pause is twice the one before. */
const firstPauseMs = 60_000
const longestPauseMs = 3_600_000

/** What a trouble's lines go to, and its clock: milliseconds that never jump. */
export interface TroubleParts {
  readonly onFailing: (told: { reason: string; failures: number; seconds: number }) => void
  readonly onOver: (told: { seconds: number }) => void
  readonly nowMs: () => number
}

/**
 * Something outside that fails again and again. It is told once, and then at growing intervals for as long as it lasts, each
 * time with the newest reason. One that comes and goes is told no more often: its intervals begin anew only after it was
 * well for as long as the last of them.
 */
export class Trouble {
  readonly #parts: TroubleParts
  #failures = 0
  #untold = 0
  #beganMs: number | undefined
  #endedMs = Number.NEGATIVE_INFINITY
  #isTold = false
  #pauseMs = firstPauseMs
  #nextMs = Number.NEGATIVE_INFINITY

  constructor(parts: TroubleParts) {
    this.#parts = parts
  }

  /** One that writes to the log. */
  static logged(name: TroubleName): Trouble {
    return new Trouble({
      onFailing: (told) => logEvent(troubles[name], told),
      onOver: (told) => logEvent('trouble_over', { trouble: name, ...told }),
      nowMs: () => performance.now(),
    })
  }

  /** Whether it failed at its last try. */
  get isOn(): boolean {
    return this.#beganMs !== undefined
  }

  /** How often it failed in all. */
  get failures(): number {
    return this.#failures
  }

  /** Takes note of a failure; the reason names nobody. */
  failed(reason: string): void {
    const nowMs = this.#parts.nowMs()
    if (this.#beganMs === undefined && nowMs - this.#endedMs >= this.#pauseMs) {
      this.#pauseMs = firstPauseMs
      this.#nextMs = nowMs
    }
    this.#beganMs ??= nowMs
    this.#failures += 1
    this.#untold += 1
    if (nowMs < this.#nextMs) return
    this.#parts.onFailing({ reason, failures: this.#untold, seconds: secondsOf(nowMs - this.#beganMs) })
    this.#isTold = true
    this.#untold = 0
    this.#nextMs = nowMs + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs)
  }

  /** Takes note of a success. */
  succeeded(): void {
    if (this.#beganMs === undefined) return
    const nowMs = this.#parts.nowMs()
    if (this.#isTold) this.#parts.onOver({ seconds: secondsOf(nowMs - this.#beganMs) })
    this.#isTold = false
    this.#beganMs = undefined
    this.#endedMs = nowMs
  }
}

/** One of each, written to the log. */
export function openTroubles(): Readonly<Record<TroubleName, Trouble>> {
  const names = Object.keys(troubles) as readonly TroubleName[]
  // Each name has its own.
  return Object.fromEntries(names.map((name) => [name, Trouble.logged(name)])) as Record<TroubleName, Trouble>
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1000)
}
