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
  const [, time, id] = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(text) ?? []
  if (time && id) return { at: new Date(Number(time)), id }
  const remedy = 'Pass the `next` of the page before, unchanged.'
  throw new Problem('request-invalid', 'See errors.', {
    errors: [{ field: 'query.after', code: 'position-unknown', remedy }],
  })
}
