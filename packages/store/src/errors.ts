import { DatabaseError } from 'pg'

/** What may be said of a database error: its SQLSTATE and constraint, never its message or detail, which carry values. */
export interface DatabaseFault {
  readonly sqlState: string
  readonly constraint: string | undefined
}

/** Reduces a driver's error to what may be logged, or gives `undefined` where it is no database error. */
export function findDatabaseFault(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof DatabaseError)) return undefined
  return { sqlState: error.code ?? 'unknown', constraint: error.constraint }
}

/**
 * SQLSTATE classes (PostgreSQL, appendix A) of failures that pass by themselves: a connection that broke, a standby that is
 * not yet the primary (25006), two transactions that met, resources or connections that are all in use, a lock that was not
 * to be had (55P03), a statement that was cancelled or a server that restarts (57), trouble with its disk (58).
 */
const passingStates = /^(?:08|25006|40|53|55P03|57|58)/

/** Node's codes of a server that cannot be reached. */
const passingCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** What pg, its pool and Kysely say, without any code, of a connection that is not there or was not given in time. */
const lostConnection =
  /^(?:Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after|driver has already been destroyed)/

/** A value that no column takes: out of its range (22003, 22008), not of its form (22007, 22P02) or its characters (22021, 22P05). */
const valueStates: ReadonlySet<string> = new Set(['22003', '22007', '22008', '22021', '22P02', '22P05'])

/**
 * What kind of failure the database had: one that `passing` time mends, or a `value` that it cannot hold; `undefined` for
 * any other, and for what is no failure of the database.
 */
export function classifyDatabaseFailure(error: unknown): 'passing' | 'value' | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof DatabaseError) {
    if (passingStates.test(error.code ?? '')) return 'passing'
    return valueStates.has(error.code ?? '') ? 'value' : undefined
  }
  const { code } = error as { readonly code?: unknown }
  return passingCodes.has(String(code)) || lostConnection.test(error.message) ? 'passing' : undefined
}
