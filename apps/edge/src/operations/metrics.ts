import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { type CheckInterface, interfaces, Lane, outcomes, timeBounds } from '../counters/lane.ts'

/** What an edge tells of itself beside its checks. */
export interface EdgeFigures {
  /** The sequence in force; 0 before the first. */
  readonly listSeq: number
  /** Seconds since the registry last said, under its signature, that the list is whole; none before it did. */
  readonly listAgeSeconds: number | undefined
  /** Phones in the snapshot, and those that changed since. */
  readonly listPhones: number
  readonly listChanged: number
  readonly hitsWaiting: number
  readonly hitsDropped: number
  readonly detachDelivered: number
  readonly detachGivenUp: number
  readonly listAlarms: number
  readonly workerCrashes: number
  readonly isRegistered: boolean
}

type Gauged = readonly [name: string, help: string, of: (figures: EdgeFigures) => number]

const gauges: readonly Gauged[] = [
  ['pcbs_edge_list_sequence', 'The sequence of the block list in force.', ({ listSeq }) => listSeq],
  [
    'pcbs_edge_list_age_seconds',
    'Time since the registry last signed that the list is whole; alert on it.',
    ({ listAgeSeconds }) => listAgeSeconds ?? Number.NaN,
  ],
  ['pcbs_edge_list_phones', 'Phones in the snapshot in use.', ({ listPhones }) => listPhones],
  ['pcbs_edge_list_changed', 'Phones that changed since that snapshot.', ({ listChanged }) => listChanged],
  ['pcbs_edge_hits_waiting', 'Hits that the registry does not have yet.', ({ hitsWaiting }) => hitsWaiting],
  [
    'pcbs_edge_nrf_registered',
    '1 while the edge is registered at its NRF.',
    ({ isRegistered }) => Number(isRegistered),
  ],
]

const counters: readonly Gauged[] = [
  ['pcbs_edge_hits_dropped_total', 'Hits given up for newer ones.', ({ hitsDropped }) => hitsDropped],
  [
    'pcbs_edge_list_alarms_total',
    'Times that what the registry sent did not verify; alert on it.',
    ({ listAlarms }) => listAlarms,
  ],
  [
    'pcbs_edge_worker_crashes_total',
    'Threads that ended and were replaced.',
    ({ workerCrashes }) => workerCrashes,
  ],
  [
    'pcbs_edge_detach_delivered_total',
    'Phones that the webhook was told to detach.',
    ({ detachDelivered }) => detachDelivered,
  ],
  [
    'pcbs_edge_detach_given_up_total',
    'Phones that the webhook could not be told of.',
    ({ detachGivenUp }) => detachGivenUp,
  ],
]

/** The edge's Prometheus metrics: the counters of all threads, read from their memory when they are asked for. */
export function createMetrics(memories: readonly SharedArrayBuffer[], figures: () => EdgeFigures): Registry {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const lanes = (of: CheckInterface) => memories.map((memory) => new Lane(memory, of))
  new Counter({
    name: 'pcbs_eir_checks_total',
    help: 'Checks by interface and what became of them; black_allowed are let through on a blocked phone.',
    labelNames: ['interface', 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const of of interfaces)
        for (const outcome of outcomes)
          this.inc({ interface: of, outcome }, sum(lanes(of).map((lane) => lane.of(outcome))))
    },
  })
  new Counter({
    name: 'pcbs_eir_received_total',
    help: 'Checks received, by interface.',
    labelNames: ['interface'],
    registers,
    collect() {
      this.reset()
      for (const of of interfaces)
        this.inc({ interface: of }, sum(lanes(of).flatMap((lane) => outcomes.map((each) => lane.of(each)))))
    },
  })
  for (const [name, help, of] of gauges)
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(of(figures()))
      },
    })
  for (const [name, help, of] of counters)
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(of(figures()))
      },
    })
  return registry
}

/** The times that checks took, as a histogram in Prometheus' text form. */
export function timesText(memories: readonly SharedArrayBuffer[]): string {
  const name = 'pcbs_eir_check_duration_seconds'
  const lines = [
    `# HELP ${name} Time from a check’s arrival in a thread to its answer.`,
    `# TYPE ${name} histogram`,
  ]
  for (const of of interfaces) {
    const times = memories.map((memory) => new Lane(memory, of).times)
    let below = 0
    for (const [index, bound] of [...timeBounds, '+Inf'].entries()) {
      below += sum(times.map(({ counts }) => counts[index] ?? 0))
      lines.push(`${name}_bucket{interface="${of}",le="${bound}"} ${below}`)
    }
    lines.push(`${name}_sum{interface="${of}"} ${sum(times.map(({ sumSeconds }) => sumSeconds))}`)
    lines.push(`${name}_count{interface="${of}"} ${below}`)
  }
  return `${lines.join('\n')}\n`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
