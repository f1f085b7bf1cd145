import { Problem } from './problems.ts'

/** A place in a list that is ordered by time and, where times are equal, by id. */
export interface Position {
  readonly at: Date
  readonly id: string
}

/** Writes a place as a page's `next`. */
export function writePosition({ at, id }: Position): string {
  return `${at.getTime()}.${id}`
}

/**
 * Reads a page's `after`.
 * @throws {Problem} where {@link writePosition} did not write it
 */
export function readPosition(text: string | undefined): Position | undefined {
  if (text === undefined) return undefined
  const [, time, id] = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text) ?? []
  if (time && id) return { at: new Date(Number(time)), id }
  throw unknownPosition()
}

/** A place in a list that is ordered by two whole numbers, such as a part and its line. */
export interface NumberedPosition {
  readonly part: number
  readonly line: number
}

/** Writes such a place as a page's `next`. */
export function writeNumberedPosition({ part, line }: NumberedPosition): string {
  return `${part}.${line}`
}

/**
 * Reads a page's `after`; the place before the first where it is left out.
 * @throws {Problem} where {@link writeNumberedPosition} did not write it
 */
export function readNumberedPosition(text: string | undefined): NumberedPosition {
  if (text === undefined) return { part: 0, line: 0 }
  // Nine digits fit PostgreSQL's integer, and no part has as many lines.
  const [, part, line] = /^(\d{1,9})\.(\d{1,9})$/.exec(text) ?? []
  if (part && line) return { part: Number(part), line: Number(line) }
  throw unknownPosition()
}

function unknownPosition(): Problem {
  const remedy = 'Pass the `next` of the page before, unchanged.'
  return new Problem('request-invalid', 'See errors.', {
    errors: [{ field: 'query.after', code: 'position-unknown', remedy }],
  })
}
