import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import {
  type CheckInterface,
  ignoredParameters,
  interfaces,
  Lane,
  outcomes,
  timeBounds,
} from '../counters/lane.ts'
import type { KeySource } from '../keys/follow-keys.ts'
import type { TroubleName } from '../log.ts'
import type { Trouble } from './trouble.ts'

/** What an edge tells of itself beside its checks. */
export interface EdgeFigures {
  /** The sequence in force; 0 before the first. */
  readonly listSeq: number
  /** Seconds since the registry last said, under its signature, that the list is whole; none before there is a list. */
  readonly listAgeSeconds: number | undefined
  /** Phones that the list names, those of them that let SIMs through, ranges of models, and what changed since the snapshot. */
  readonly listPhones: number
  readonly listExceptions: number
  readonly listRanges: number
  readonly listChanged: number
  readonly keySource: KeySource
  readonly hitsWaiting: number
  readonly hitsDropped: number
  readonly hitsMerged: number
  readonly detachDelivered: number
  readonly detachGivenUp: number
  readonly listAlarms: number
  readonly workerCrashes: number
  readonly isRegistered: boolean
  readonly troubles: Readonly<Record<TroubleName, Pick<Trouble, 'isOn' | 'failures'>>>
}

type Gauged = readonly [name: string, help: string, of: (figures: EdgeFigures) => number]

const gauges: readonly Gauged[] = [
  ['pcbs_edge_list_sequence', 'The sequence of the block list in force.', ({ listSeq }) => listSeq],
  [
    'pcbs_edge_list_age_seconds',
    'Time since the registry last signed that the list is whole, infinite without a list; alert on it.',
    ({ listAgeSeconds }) => listAgeSeconds ?? Number.POSITIVE_INFINITY,
  ],
  ['pcbs_edge_list_phones', 'Phones that the list in force names.', ({ listPhones }) => listPhones],
  [
    'pcbs_edge_list_exceptions',
    'Phones on the list that let SIMs through by name.',
    ({ listExceptions }) => listExceptions,
  ],
  ['pcbs_edge_list_ranges', 'Ranges of models on the list.', ({ listRanges }) => listRanges],
  [
    'pcbs_edge_list_changed',
    'Phones that changed since the snapshot in use.',
    ({ listChanged }) => listChanged,
  ],
  ['pcbs_edge_hits_waiting', 'Hits that the registry does not have yet.', ({ hitsWaiting }) => hitsWaiting],
  [
    'pcbs_edge_nrf_registered',
    '1 while the edge is registered at its NRF.',
    ({ isRegistered }) => Number(isRegistered),
  ],
]

const counters: readonly Gauged[] = [
  [
    'pcbs_edge_hits_merged_total',
    'Hits that repeated one of the same phone and SIM within a minute.',
    ({ hitsMerged }) => hitsMerged,
  ],
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
  new Counter({
    name: 'pcbs_eir_ignored_parameters_total',
    help: 'Optional parameters of checks that could not be read and were passed over.',
    labelNames: ['interface', 'parameter'],
    registers,
    collect() {
      this.reset()
      for (const of of interfaces)
        for (const parameter of ignoredParameters)
          this.inc({ interface: of, parameter }, sum(lanes(of).map((lane) => lane.ignored(parameter))))
    },
  })
  new Counter({
    name: 'pcbs_eir_connections_cut_total',
    help: 'Connections refused for want of a place, and idle ones that made room for others.',
    labelNames: ['interface', 'fate'],
    registers,
    collect() {
      this.reset()
      for (const of of interfaces) {
        this.inc({ interface: of, fate: 'refused' }, sum(lanes(of).map((lane) => lane.refusedConnections)))
        this.inc({ interface: of, fate: 'evicted' }, sum(lanes(of).map((lane) => lane.evictedConnections)))
      }
    },
  })
  new Gauge({
    name: 'pcbs_edge_keys',
    help: 'Where the keys in use come from that SIMs are recognised by: 1 for the one that it is.',
    labelNames: ['source'],
    registers,
    collect() {
      const { keySource } = figures()
      for (const source of ['custodian', 'disk', 'none']) this.set({ source }, Number(source === keySource))
    },
  })
  new Gauge({
    name: 'pcbs_edge_trouble',
    help: '1 while something outside fails: it failed at its last try.',
    labelNames: ['of'],
    registers,
    collect() {
      for (const [of, { isOn }] of Object.entries(figures().troubles)) this.set({ of }, Number(isOn))
    },
  })
  new Counter({
    name: 'pcbs_edge_failures_total',
    help: 'Times that something outside failed.',
    labelNames: ['of'],
    registers,
    collect() {
      this.reset()
      for (const [of, { failures }] of Object.entries(figures().troubles)) this.inc({ of }, failures)
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
