import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Trouble } from './trouble.ts'

function watch() {
  const lines: { atMs: number; said: string; failures?: number }[] = []
  let nowMs = 0
  const trouble = new Trouble({
    onFailing: ({ reason, failures }) => lines.push({ atMs: nowMs, said: reason, failures }),
    onOver: () => lines.push({ atMs: nowMs, said: 'over' }),
    nowMs: () => nowMs,
  })
  return {
    trouble,
    lines,
    pass(ms: number) {
      nowMs += ms
    },
  }
}

const minutes = 60_000

describe('something that fails', () => {
  test('every second for forty minutes is told six times, with why, and once when it is over', () => {
    const { trouble, lines, pass } = watch()
    for (let second = 0; second < 40 * 60; second++) {
      trouble.failed('ECONNREFUSED')
      pass(1000)
    }
    expect(trouble.isOn).toBe(true)
    trouble.succeeded()
    expect(lines.map(({ atMs, said }) => [atMs / minutes, said])).toEqual([
      ...[0, 1, 3, 7, 15, 31].map((minute) => [minute, 'ECONNREFUSED']),
      [40, 'over'],
    ])
    expect([trouble.isOn, trouble.failures]).toEqual([false, 2400])
  })

  test('is told an hour apart at most, and after a long time of peace at once', () => {
    const { trouble, lines, pass } = watch()
    for (let minute = 0; minute < 24 * 60; minute++) {
      trouble.failed('ETIMEDOUT')
      pass(minutes)
    }
    const gaps = lines.slice(1).map(({ atMs }, index) => (atMs - (lines[index]?.atMs ?? 0)) / minutes)
    expect(gaps.slice(0, 7)).toEqual([1, 2, 4, 8, 16, 32, 60])
    expect(new Set(gaps.slice(6))).toEqual(new Set([60]))
    trouble.succeeded()
    pass(61 * minutes)
    const before = lines.length
    trouble.failed('EHOSTUNREACH')
    expect(lines).toHaveLength(before + 1)
  })

  test('and comes and goes fills no log, and every failure counts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 5000 })), { maxLength: 500 }),
        (tries) => {
          const { trouble, lines, pass } = watch()
          let ms = 0
          for (const [isFailure, pauseMs] of tries) {
            if (isFailure) trouble.failed('x')
            else trouble.succeeded()
            pass(pauseMs)
            ms += pauseMs
          }
          const told = lines.filter(({ said }) => said === 'x')
          expect(trouble.failures).toBe(tries.filter(([isFailure]) => isFailure).length)
          expect(told.length).toBeLessThanOrEqual(1 + ms / minutes)
          expect(lines.length - told.length).toBeLessThanOrEqual(told.length)
        },
      ),
    )
  })
})
