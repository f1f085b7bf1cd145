import type { RequestHandler } from 'express'
import type { Route } from './contract.ts'
import { Problem, type ProblemDetail } from './problems.ts'

/*
 * What the contract's schemas cannot keep out, refused in one place. A schema's bounds are all that is checked beside it.
 */

/** The validator would read `Infinity`, `1e30` and `0x10` as numbers, and no bound of the contract holds the first. */
const decimal = /^-?\d{1,16}$/

/** Refuses parameters that hold no text that anything of ours could read. */
export function refuseUnreadableParameters({ wholeNumbers }: Route): RequestHandler {
  return ({ params, query }, _response, next) => {
    const errors = [
      ...findUnreadable('path', params, wholeNumbers.path),
      ...findUnreadable('query', query, wholeNumbers.query),
    ]
    next(errors.length > 0 ? invalid(errors) : undefined)
  }
}

function findUnreadable(
  place: string,
  values: Readonly<Record<string, unknown>>,
  wholeNumbers: readonly string[],
): readonly ProblemDetail[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (holdsNul(value)) return [nulAt(`${place}.${name}`)]
    const isOdd = wholeNumbers.includes(name) && typeof value === 'string' && !decimal.test(value)
    return isOdd
      ? [{ field: `${place}.${name}`, code: 'type', remedy: 'Send a whole number in digits.' }]
      : []
  })
}

/** Refuses a JSON body in which the character U+0000 stands anywhere. */
export const refuseNulInBody: RequestHandler = ({ body }, _response, next) => {
  next(holdsNul(body) ? invalid([nulAt('body')]) : undefined)
}

/** PostgreSQL's text has no U+0000: what would be stored, or looked for, with one in it fails there. */
function holdsNul(value: unknown): boolean {
  // A list of what is still to be looked at: a body may be nested deeper than calls may.
  const rest = [value]
  while (rest.length > 0) {
    const looked = rest.pop()
    if (typeof looked === 'string' && looked.includes('\0')) return true
    if (typeof looked === 'object' && looked !== null)
      for (const inner of Object.values(looked)) rest.push(inner)
  }
  return false
}

function nulAt(field: string): ProblemDetail {
  return { field, code: 'character', remedy: 'Leave the character U+0000 out.' }
}

function invalid(errors: readonly ProblemDetail[]): Problem {
  return new Problem('request-invalid', 'See errors.', { errors })
}
