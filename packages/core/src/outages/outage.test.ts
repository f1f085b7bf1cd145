import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Outage } from './outage.ts'

const minuteMs = 60_000

/** The moments at which a failure every so often is told of, in minutes since the first. */
function toldMinutes(everyMs: number, forMs: number): number[] {
  const outage = new Outage()
  const told: number[] = []
  for (let nowMs = 0; nowMs <= forMs; nowMs += everyMs)
    if (outage.noteFailure(nowMs)) told.push(nowMs / minuteMs)
  return told
}

describe('an outage', () => {
  test('is told of at once, then after 1, 2, 4 … minutes, and every hour from then on', () => {
    expect(toldMinutes(500, 300 * minuteMs)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
  })

  test('that fails seldom is told of every time', () => {
    expect(toldMinutes(360 * minuteMs, 1440 * minuteMs)).toEqual([0, 360, 720, 1080, 1440])
  })

  test('counts every failure, told of or not, and is told once when it is over', () => {
    const outage = new Outage()
    expect(outage.noteFailure(1000)).toEqual({ failures: 1, forMs: 0 })
    expect(outage.noteFailure(1500)).toBeUndefined()
    expect(outage.isOn).toBe(true)
    expect(outage.noteSuccess(3000)).toEqual({ failures: 2, forMs: 2000 })
    expect(outage.noteSuccess(4000)).toBeUndefined()
    expect(outage.isOn).toBe(false)
  })

  test('after a long time of peace is told of at once', () => {
    const outage = new Outage()
    outage.noteFailure(0)
    outage.noteSuccess(1)
    expect(outage.noteFailure(2)).toBeUndefined()
    outage.noteSuccess(3)
    expect(outage.noteFailure(10 * minuteMs)).toEqual({ failures: 1, forMs: 0 })
  })

  test('that comes and goes fills no log', () => {
    const tries = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 5000 })), { maxLength: 500 })
    fc.assert(
      fc.property(tries, (each) => {
        const outage = new Outage()
        let [nowMs, failuresTold, successesTold] = [0, 0, 0]
        for (const [isFailure, pauseMs] of each) {
          if (isFailure && outage.noteFailure(nowMs)) failuresTold += 1
          if (!isFailure && outage.noteSuccess(nowMs)) successesTold += 1
          nowMs += pauseMs
        }
        expect(failuresTold).toBeLessThanOrEqual(1 + nowMs / minuteMs)
        expect(successesTold).toBeLessThanOrEqual(failuresTold)
      }),
    )
  })
})
