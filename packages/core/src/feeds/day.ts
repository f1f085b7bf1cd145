import { fail, ok, type Result } from '../result.ts'

/** A calendar day in ISO form, such as 2026-11-24. Text order is time order. */
export type Day = string & { readonly __brand: 'Day' }

/** Why a text is not a day. */
export type DayFailure = 'day-missing' | 'day-format'

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Parses `YYYY-MM-DD` or an operator dump's `YYYYMMDD`; the day must exist, in the years 1900 to 2199. */
export function parseDay(text: string): Result<Day, DayFailure> {
  if (text === '') return fail('day-missing')
  const match =
    /^((?:19|20|21)\d\d)-(\d\d)-(\d\d)$/.exec(text) ?? /^((?:19|20|21)\d\d)(\d\d)(\d\d)$/.exec(text)
  if (!match) return fail('day-format')
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const isLeapDay = month === 2 && day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const exists = isLeapDay || (day >= 1 && day <= (daysInMonth[month - 1] ?? 0))
  return exists ? ok(`${match[1]}-${match[2]}-${match[3]}` as Day) : fail('day-format')
}
