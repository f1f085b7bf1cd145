import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { within } from './within.ts'
import { workerNames } from './workers/supervise.ts'

/** How long ago a telco's series was applied last. */
export interface FeedAge {
  readonly telco: string
  readonly kind: string
  readonly seconds: number
}

/** The API's Prometheus metrics. */
export interface Metrics {
  readonly registry: Registry
  readonly requestSeconds: Histogram<'operation' | 'status'>
  readonly feedRows: Counter<'telco' | 'kind' | 'outcome'>
  readonly feedRejects: Counter<'telco' | 'kind' | 'code'>
  readonly feedSeconds: Histogram<'telco' | 'kind' | 'mode' | 'state'>
  readonly workerFailures: Counter<'worker'>
  readonly workerSuccess: Gauge<'worker'>
}

/** What the metrics that are looked up when they are asked for need. */
export interface MetricSources {
  /** Every telco's series; one that was never applied counts from when the telco joined. */
  readonly feedAges: () => Promise<readonly FeedAge[]>
  /** From this age on a series is missing a feed. */
  readonly feedDueSeconds: number
}

/** Whoever gathers metrics gives up after some seconds, and would then learn nothing. */
const agesPatienceMs = 2000

/** Makes the metrics, with the process's own beside them. */
export function createMetrics({ feedAges, feedDueSeconds }: MetricSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const gaugeAges = (name: string, help: string, measure: (seconds: number) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['telco', 'kind'],
      registers,
      async collect() {
        // With the database away the ages are left out, and everything else is told all the same.
        const ages = await within(agesPatienceMs, feedAges()).catch(() => [])
        this.reset()
        for (const { telco, kind, seconds } of ages) this.set({ telco, kind }, measure(seconds))
      },
    })
  gaugeAges(
    'pcbs_feed_lag_seconds',
    'Time since the last feed of a series was applied.',
    (seconds) => seconds,
  )
  gaugeAges(
    'pcbs_feed_overdue',
    '1 while a series has had no feed applied for longer than it may; alert on it.',
    (seconds) => (seconds > feedDueSeconds ? 1 : 0),
  )
  const workerFailures = new Counter({
    name: 'pcbs_worker_failures_total',
    help: 'Failures of what the API does beside its requests, by worker.',
    labelNames: ['worker'],
    registers,
  })
  // A rate can be asked of a counter from its first failure on only if it stood at nought before.
  for (const worker of workerNames) workerFailures.inc({ worker }, 0)
  return {
    registry,
    workerFailures,
    workerSuccess: new Gauge({
      name: 'pcbs_worker_last_success_timestamp_seconds',
      help: 'When a worker last did its work, in epoch seconds; absent until it does.',
      labelNames: ['worker'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'pcbs_request_duration_seconds',
      help: 'Time from request to answer, by operation and status.',
      labelNames: ['operation', 'status'],
      registers,
    }),
    feedRows: new Counter({
      name: 'pcbs_feed_rows_total',
      help: 'Rows of feeds that were closed, by telco, kind and outcome.',
      labelNames: ['telco', 'kind', 'outcome'],
      registers,
    }),
    feedRejects: new Counter({
      name: 'pcbs_feed_rejects_total',
      help: 'Rejected rows of feeds that were closed, by telco, kind and code.',
      labelNames: ['telco', 'kind', 'code'],
      registers,
    }),
    feedSeconds: new Histogram({
      name: 'pcbs_feed_duration_seconds',
      help: 'Time from a feed’s opening to its being closed, by telco, kind, mode and what became of it.',
      labelNames: ['telco', 'kind', 'mode', 'state'],
      buckets: [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
      registers,
    }),
  }
}
