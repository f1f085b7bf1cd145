import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** The API's Prometheus metrics. */
export interface Metrics {
  readonly registry: Registry
  readonly requestSeconds: Histogram<'operation' | 'status'>
  readonly feedRows: Counter<'telco' | 'kind' | 'outcome'>
}

/** Makes the metrics, with the process's own beside them. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'pcbs_request_duration_seconds',
      help: 'Time from request to answer, by operation and status.',
      labelNames: ['operation', 'status'],
      registers: [registry],
    }),
    feedRows: new Counter({
      name: 'pcbs_feed_rows_total',
      help: 'Rows of feeds that were closed, by telco, kind and outcome.',
      labelNames: ['telco', 'kind', 'outcome'],
      registers: [registry],
    }),
  }
}
