import { type DatabaseFault, findDatabaseFault } from '@pcbs/store'
import { pino } from 'pino'

/** What may be said of an error. */
export interface Fault {
  readonly errorName: string
  /** Where it arose, frames only. */
  readonly stack: string
  readonly database?: DatabaseFault
}

/** Every event the API logs, with the fields it may carry. No field ever holds what a request carried. */
export interface LogEvents {
  started: { readonly port: number; readonly telcos: number }
  stopping: Record<string, never>
  waiting: Fault
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
  worker_failed: Fault
  crashed: Fault
}

/** Writes one event. */
export type LogEvent = <Name extends keyof LogEvents>(event: Name, fields: LogEvents[Name]) => void

/** Makes the logger: JSON lines on standard output. */
export function createLog(level: string): LogEvent {
  const logger = pino({ level, base: null })
  return (event, fields) => logger.info({ event, ...fields })
}

/** An error without its message, which may hold values. */
export function safeFault(error: unknown): Fault {
  const database = findDatabaseFault(error)
  if (!(error instanceof Error)) return { errorName: typeof error, stack: '' }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    errorName: error.name,
    stack: frames.map((line) => line.trim()).join(' | '),
    ...(database && { database }),
  }
}
