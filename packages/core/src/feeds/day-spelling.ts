import { fail, type Result } from '../result.ts'
import { type Day, type DayFailure, parseDay } from './day.ts'

/** Reads a day as one source spells it. */
export type DayReader = (text: string) => Result<Day, DayFailure>

const months: readonly string[] = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')

/** What stands for which part of a day in a spelling. A time of day may follow; it is read over. */
const parts = {
  YYYY: '(?<year>[0-9]{4})',
  MMM: '(?<name>[A-Za-z]{3})',
  MM: '(?<month>[0-9]{2})',
  DD: '(?<day>[0-9]{2})',
  hh: '(?:[01][0-9]|2[0-3])',
  mm: '[0-5][0-9]',
  ss: '[0-5][0-9]',
} as const

/**
 * Makes a reader of days that are spelled like `DD/MM/YYYY`, `DD-MMM-YYYY` (English short names) or
 * `YYYY-MM-DDThh:mm:ssZ`: exactly so, since 03/04/2026 is two days, and only the source knows which.
 * @returns `undefined` where the spelling does not have year, month and day once each
 */
export function readDaysAs(spelling: string): DayReader | undefined {
  const tokens = spelling.match(/YYYY|MMM|MM|DD|hh|mm|ss|[TZ]|[^A-Za-z]/g) ?? []
  const count = (...names: readonly string[]) => tokens.filter((token) => names.includes(token)).length
  const isWhole = tokens.join('') === spelling && count('YYYY') === 1 && count('DD') === 1
  if (!isWhole || count('MM', 'MMM') !== 1) return undefined
  const pattern = new RegExp(`^${tokens.map(patternOf).join('')}$`)
  return (text) => {
    if (text === '') return fail('day-missing')
    const { year, month, name, day } = pattern.exec(text)?.groups ?? {}
    const number = month ?? String(months.indexOf(name?.toUpperCase() ?? '') + 1).padStart(2, '0')
    return year === undefined ? fail('day-format') : parseDay(`${year}-${number}-${day}`)
  }
}

function patternOf(token: string): string {
  // Whatever is no part is one character that stands for itself.
  return Object.hasOwn(parts, token) ? parts[token as keyof typeof parts] : token.replace(/[^0-9TZ]/, '\\$&')
}
