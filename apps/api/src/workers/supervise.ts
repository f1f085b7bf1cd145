import { Outage, type OutageLength } from '@pcbs/core'
import { type LogEvent, safeFault } from '../log.ts'
import type { Metrics } from '../metrics.ts'

/** Everything that the API does again and again beside its requests. Metrics and log lines name it so. */
export const workerNames = [
  'telcos-and-keys',
  'provisional-blocks',
  'transparency-log',
  'list-snapshots',
  'list-notifications',
  'list-delegation',
  'retention',
  'rate-limits',
] as const

/** One of {@link workerNames}. */
export type WorkerName = (typeof workerNames)[number]

/** What a worker is watched with. */
export interface Supervision {
  readonly log: LogEvent
  readonly metrics: Metrics
  /** While the process ends, what breaks off is no failure. */
  readonly signal: AbortSignal
}

/** Takes what became of each of a worker's tries. */
export interface Attendant {
  worked(): void
  failed(error: unknown): void
}

/**
 * Counts what a worker does, and tells of its failures: at once, then at growing intervals with how many there were, and
 * once more when it works again. What did not work in a second of every minute would otherwise fill the log, or, kept
 * quiet, be noticed by nobody.
 */
export function attend(worker: WorkerName, { log, metrics, signal }: Supervision): Attendant {
  const outage = new Outage()
  const lengthOf = ({ failures, forMs }: OutageLength) => ({ failures, forSeconds: Math.round(forMs / 1000) })

  return {
    worked() {
      metrics.workerSuccess.set({ worker }, Date.now() / 1000)
      const told = outage.noteSuccess(performance.now())
      if (told) log('worker_recovered', { worker, ...lengthOf(told) })
    },
    failed(error) {
      if (signal.aborted) return
      metrics.workerFailures.inc({ worker })
      const told = outage.noteFailure(performance.now())
      if (told) log('worker_failed', { worker, ...lengthOf(told), ...safeFault(error) })
    },
  }
}

/** A worker's work that never throws: what became of it is said to its attendant. */
export function supervised(attendant: Attendant, work: () => Promise<void>): () => Promise<void> {
  return async () => {
    try {
      await work()
      attendant.worked()
    } catch (error) {
      attendant.failed(error)
    }
  }
}
