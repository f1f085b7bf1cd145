import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Day, parseDay } from '../feeds/day.ts'
import { addDays, dayOfNumber, numberOfDay } from './calendar.ts'
import { dayAt, endOfDay, parseTimeZone, startOfDay, type TimeZone } from './nation-days.ts'

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name)
  if (!parsed.ok) throw new Error(`${name} is no time zone`)
  return parsed.value
}

function day(text: string): Day {
  const parsed = parseDay(text)
  if (!parsed.ok) throw new Error(`${text} is no day`)
  return parsed.value
}

const instant = (text: string) => Date.parse(text)
const zoneNames = [
  'Asia/Kuala_Lumpur',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'Pacific/Kiritimati',
  'Pacific/Apia',
  'Pacific/Pago_Pago',
  'UTC',
]
const anyZone = fc.constantFrom(...zoneNames.map(zone))
const anyInstant = fc.integer({ min: instant('1990-01-01T00:00:00Z'), max: instant('2037-12-31T00:00:00Z') })
const anyDay = fc.integer({ min: -300_000, max: 2_900_000 }).map(dayOfNumber)

describe('a day of the nation', () => {
  test.each([
    ['2026-11-24T15:59:59.999Z', 'Asia/Kuala_Lumpur', '2026-11-24'],
    ['2026-11-24T16:00:00.000Z', 'Asia/Kuala_Lumpur', '2026-11-25'],
    ['2026-11-25T00:00:00.000Z', 'Asia/Kuala_Lumpur', '2026-11-25'],
    ['2026-11-24T18:15:00.000Z', 'Asia/Kathmandu', '2026-11-25'],
    ['2026-11-24T23:30:00.000Z', 'America/New_York', '2026-11-24'],
    ['2026-10-25T00:30:00.000Z', 'Europe/Berlin', '2026-10-25'],
    ['2011-12-30T09:59:59.999Z', 'Pacific/Apia', '2011-12-29'],
    ['2011-12-30T10:00:00.000Z', 'Pacific/Apia', '2011-12-31'],
  ])('at %s in %s is %s', (at, name, expected) => {
    expect(dayAt(instant(at), zone(name))).toBe(expected)
  })

  test.each([
    ['2026-11-25', 'Asia/Kuala_Lumpur', '2026-11-24T16:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    // Clocks went from 00:00 to 01:00, so that this day had no midnight.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    ['2026-01-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
  ])('%s in %s begins at %s', (text, name, expected) => {
    expect(startOfDay(day(text), zone(name))).toBe(instant(expected))
  })

  test('that has 23, 24 or 25 hours ends where the next one begins', () => {
    const hours = (text: string) =>
      (endOfDay(day(text), zone('Europe/Berlin')) - startOfDay(day(text), zone('Europe/Berlin'))) / 3_600_000
    expect(['2026-03-28', '2026-03-29', '2026-10-25'].map(hours)).toEqual([24, 23, 25])
  })

  test('begins at its first instant, in any zone and through every change of clocks', () => {
    fc.assert(
      fc.property(anyInstant, anyZone, (at, where) => {
        const today = dayAt(at, where)
        const start = startOfDay(today, where)
        expect(dayAt(start, where)).toBe(today)
        expect(dayAt(start - 1, where) < today).toBe(true)
        expect(start <= at).toBe(true)
        expect(at - start).toBeLessThan(26 * 3_600_000)
      }),
    )
  })

  test('never comes before an earlier one', () => {
    fc.assert(
      fc.property(
        anyInstant,
        fc.integer({ min: 3_600_000 * 3, max: 86_400_000 * 400 }),
        anyZone,
        (at, later, where) => {
          expect(dayAt(at, where) <= dayAt(at + later, where)).toBe(true)
        },
      ),
    )
  })
})

describe('the calendar', () => {
  test('counts days as UTC does', () => {
    fc.assert(
      fc.property(anyDay, (any) => {
        expect(numberOfDay(any)).toBe(Date.parse(`${any}T00:00:00Z`) / 86_400_000)
        expect(dayOfNumber(numberOfDay(any))).toBe(any)
      }),
    )
  })

  test.each([
    ['2026-11-25', -90, '2026-08-27'],
    ['2024-02-28', 1, '2024-02-29'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2000-03-01', -1, '2000-02-29'],
    ['1900-03-01', -1, '1900-02-28'],
  ])('%s and %i days is %s', (text, days, expected) => {
    expect(addDays(day(text), days)).toBe(expected)
  })
})

describe('a time zone', () => {
  test.each(['Asia/Kuala_Lumpur', 'America/Argentina/Buenos_Aires', 'UTC', 'Etc/GMT+8'])(
    '%s exists',
    (name) => {
      expect(parseTimeZone(name).ok).toBe(true)
    },
  )

  test.each(['', 'Asia/Atlantis', '+08:00', 'asia/kuala_lumpur; DROP', 'Asia Kuala_Lumpur', ' UTC'])(
    '%j is none',
    (name) => {
      expect(parseTimeZone(name)).toEqual({ ok: false, failure: 'time-zone-unknown' })
    },
  )

  test('is known or refused, whatever text is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = parseTimeZone(text)
        if (parsed.ok) expect(dayAt(0, parsed.value)).toMatch(/^19(?:69-12-31|70-01-01)$/)
      }),
    )
  })
})
