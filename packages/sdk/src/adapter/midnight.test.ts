import { expect, test } from 'vitest'
import { throughMidnight } from './midnight.ts'

const period = { from: '2026-08-27', to: '2026-11-25' }
const use = (lastSeen: string, firstSeen = '2026-11-01') => ({
  imei: '352099001761480',
  imsi: '502121234567890',
  msisdn: '60123456789',
  firstSeen,
  lastSeen,
})

async function* each<Row>(rows: readonly Row[]): AsyncIterable<Row> {
  yield* rows
}

async function read(rows: readonly ReturnType<typeof use>[], today: string) {
  const read: unknown[] = []
  for await (const batch of throughMidnight(each(rows), period, () => today)) read.push(...batch)
  return read
}

test('a phone that is used after midnight is fed as used on the last day of the feed that began before it', async () => {
  const rows = [use('2026-11-24'), use('2026-11-26'), use('20261126', '20261126')]
  expect(await read(rows, '2026-11-26')).toEqual([
    use('2026-11-24'),
    use('2026-11-25'),
    use('2026-11-25', '2026-11-25'),
  ])
})

test('a day that has not come stays what it is, and is judged as such', async () => {
  const ahead = [use('2026-11-27'), use('2999-01-01'), use('26/11/2026')]
  expect(await read(ahead, '2026-11-26')).toEqual(ahead)
  expect(await read([use('2026-11-26')], '2026-11-25')).toEqual([use('2026-11-26')])
})
