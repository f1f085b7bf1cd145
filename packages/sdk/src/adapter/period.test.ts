import { parseTimeZone, type TimeZone } from '@pcbs/core'
import { expect, test } from 'vitest'
import { periodUntil } from './sync.ts'

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name)
  if (!parsed.ok) throw new Error(`${name} is no time zone`)
  return parsed.value
}

test.each([
  // One o'clock at night in Kuala Lumpur is the evening before in UTC.
  ['2026-11-24T17:00:00Z', 'Asia/Kuala_Lumpur', { from: '2026-08-27', to: '2026-11-25' }],
  ['2026-11-24T15:59:59Z', 'Asia/Kuala_Lumpur', { from: '2026-08-26', to: '2026-11-24' }],
  ['2026-11-24T17:00:00Z', 'UTC', { from: '2026-08-26', to: '2026-11-24' }],
  ['2026-11-25T04:59:59Z', 'America/New_York', { from: '2026-08-26', to: '2026-11-24' }],
])('a sync at %s in %s covers the nation’s days %o', (now, name, period) => {
  expect(periodUntil(Date.parse(now), { lookBackDays: 90, timeZone: zone(name) })).toEqual(period)
})
