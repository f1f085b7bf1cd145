import type { Day } from '../feeds/day.ts'
import { fail, ok, type Result } from '../result.ts'
import { addDays, numberOfDay } from './calendar.ts'

/** The IANA name of a time zone that exists, such as `Asia/Kuala_Lumpur`. Made only by {@link parseTimeZone}. */
export type TimeZone = string & { readonly __brand: 'TimeZone' }

/** What to tell whoever named a time zone that does not exist. */
export const timeZoneRemedies = {
  'time-zone-unknown': 'Name a time zone by its IANA name, such as Asia/Kuala_Lumpur.',
} as const

const zoneName = /^[A-Z][A-Za-z_]*(?:\/[A-Za-z0-9_+-]+){0,2}$/
const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs

/** Formatters by zone: making one costs a hundred times more than using it. */
const formatters = new Map<TimeZone, Intl.DateTimeFormat>()

/** Parses the IANA name of a time zone. Offsets such as `+08:00` are no names. */
export function parseTimeZone(name: string): Result<TimeZone, keyof typeof timeZoneRemedies> {
  if (!zoneName.test(name)) return fail('time-zone-unknown')
  // Every name that a formatter can be made for is one of the time zone database.
  const zone = name as TimeZone
  try {
    formatterOf(zone)
    return ok(zone)
  } catch {
    return fail('time-zone-unknown')
  }
}

/**
 * The nation's calendar day at an instant: the one place where an instant becomes a day.
 * @param instantMs epoch milliseconds, of the years 1 to 9999
 */
export function dayAt(instantMs: number, zone: TimeZone): Day {
  const parts = formatterOf(zone).formatToParts(instantMs)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? ''
  // A formatter of the ISO calendar gives a day that exists.
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}` as Day
}

/**
 * The instant at which a day begins in the nation, epoch milliseconds: midnight, or the first instant after it where
 * clocks are set forward at midnight.
 */
export function startOfDay(day: Day, zone: TimeZone): number {
  // No zone is further than 14 hours ahead of UTC or 12 behind it; an hour more covers every past one.
  const midnightUtc = numberOfDay(day) * dayMs
  let before = midnightUtc - 16 * hourMs
  let from = midnightUtc + 16 * hourMs
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2)
    if (dayAt(middle, zone) < day) before = middle
    else from = middle
  }
  return from
}

/** The instant at which a day is over in the nation: the next one begins. */
export function endOfDay(day: Day, zone: TimeZone): number {
  return startOfDay(addDays(day, 1), zone)
}

function formatterOf(zone: TimeZone): Intl.DateTimeFormat {
  const known = formatters.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  formatters.set(zone, made)
  return made
}
