import { expect, test } from 'vitest'
import { noteFailure, type Outage } from './outage.ts'

/** The moments at which a failure every so often is told of, in minutes since the first. */
function toldMinutes(everyMs: number, forMs: number): number[] {
  let outage: Outage | undefined
  const told: number[] = []
  for (let nowMs = 0; nowMs <= forMs; nowMs += everyMs) {
    const noted = noteFailure(outage, nowMs)
    outage = noted.outage
    if (noted.isDue) told.push(nowMs / 60_000)
  }
  return told
}

const hourMs = 3_600_000

test('an outage is told of at once, then after 1, 2, 4 … minutes, and every hour from then on', () => {
  expect(toldMinutes(500, 5 * hourMs)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
})

test('what fails seldom is told of every time', () => {
  expect(toldMinutes(6 * hourMs, 24 * hourMs)).toEqual([0, 360, 720, 1080, 1440])
})

test('every failure is counted, told of or not', () => {
  const first = noteFailure(undefined, 1000)
  const second = noteFailure(first.outage, 1500)
  expect(second).toMatchObject({ isDue: false, outage: { failures: 2, sinceMs: 1000 } })
})
