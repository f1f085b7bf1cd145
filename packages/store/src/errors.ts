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
