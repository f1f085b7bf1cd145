import { type DatabaseFault, findDatabaseFault } from '@pcbs/store'
import { pino } from 'pino'

/** What may be said of an error. */
export interface Fault {
  readonly errorName: string
  /** Where it arose, frames only. */
  readonly stack: string
  /** Node's own code of it, such as ECONNREFUSED. */
  readonly code?: string
  /** The HTTP status of whoever refused. */
  readonly status?: number
  readonly database?: DatabaseFault
  /** What it came from. */
  readonly cause?: Pick<Fault, 'errorName' | 'code'>
}

/** Which worker failed or works again, how often it failed and for how long. */
interface WorkerLine {
  readonly worker: string
  readonly failures: number
  readonly forSeconds: number
}

/** Every event the API logs, with the fields it may carry. No field ever holds what a request carried. */
export interface LogEvents {
  started: { readonly port: number; readonly telcos: number }
  stopping: Record<string, never>
  /** What was still under way when the time to end was over. */
  cut_off: { readonly what: 'requests' | 'process' }
  waiting: Fault & { readonly failures: number; readonly forSeconds: number }
  request: {
    readonly operation: string
    readonly status: number
    readonly tookMs: number
    readonly client: string
  }
  request_failed: Fault & { readonly operation: string }
  feed_closed: {
    readonly telco: string
    readonly kind: string
    readonly number: number
    readonly state: string
    readonly rowsIn: number
  }
  case_moved: { readonly caseId: string; readonly event: string; readonly from: string; readonly to: string }
  cases_expired: { readonly count: number }
  pairings_forgotten: { readonly count: number }
  list_snapshot_made: { readonly seq: number }
  worker_failed: Fault & WorkerLine
  worker_recovered: WorkerLine
  crashed: Fault
}

/** How grave each event is: `PCBS_LOG_LEVEL` and whoever reads the lines choose by it. */
const levels = {
  started: 'info',
  stopping: 'info',
  cut_off: 'warn',
  waiting: 'warn',
  request: 'info',
  request_failed: 'error',
  feed_closed: 'info',
  case_moved: 'info',
  cases_expired: 'info',
  pairings_forgotten: 'info',
  list_snapshot_made: 'info',
  worker_failed: 'error',
  worker_recovered: 'warn',
  crashed: 'fatal',
} as const satisfies Record<keyof LogEvents, string>

/** The least grave of the events that are to be logged; `silent` for none. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Writes one event. */
export type LogEvent = <Name extends keyof LogEvents>(event: Name, fields: LogEvents[Name]) => void

/** Makes the logger: JSON lines on standard output, each with its level as a word. */
export function createLog(level: string): LogEvent {
  const logger = pino({ level, base: null, formatters: { level: (label) => ({ level: label }) } })
  return (event, fields) => logger[levels[event]]({ event, ...fields })
}

/** An error without its message, which may hold values. */
export function safeFault(error: unknown): Fault {
  const database = findDatabaseFault(error)
  if (!(error instanceof Error)) return { errorName: typeof error, stack: '' }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const { status } = error as { readonly status?: unknown }
  return {
    errorName: error.name,
    stack: frames.map((line) => line.trim()).join(' | '),
    ...codeOf(error),
    ...(typeof status === 'number' && { status }),
    ...(database && { database }),
    ...(error.cause instanceof Error && { cause: { errorName: error.cause.name, ...codeOf(error.cause) } }),
  }
}

/** Codes are words of a program's own; anything else that stands there may be a value. */
function codeOf(error: Error): Pick<Fault, 'code'> {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? { code } : {}
}
