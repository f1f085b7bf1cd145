import { expect, test } from 'vitest'
import { tellOutages } from './outages.ts'
import type { AdapterEvent } from './run.ts'

/** What is told of these events, each at its second. */
function told(events: readonly (readonly [second: number, event: AdapterEvent])[]) {
  const lines: AdapterEvent[] = []
  let second = 0
  const tell = tellOutages(
    (event) => lines.push(event),
    () => second * 1000,
  )
  for (const [at, event] of events) {
    second = at
    tell(event)
  }
  return lines
}

const away = { type: 'list', event: { type: 'away', reason: 'The registry does not answer.' } } as const
const alarm = { type: 'list', event: { type: 'alarm', reason: 'It does not verify.' } } as const
const current = { type: 'list', event: { type: 'current', atMs: 0 } } as const
const failed = { type: 'sync-failed', reason: 'The registry does not answer.', isHeld: false } as const

test('forty minutes without the registry are a handful of lines, the last of them that it is there again', () => {
  const seconds = Array.from({ length: 2400 }, (_, second) => second)
  const lines = told([...seconds.map((second) => [second, away] as const), [2400, current]])
  expect(lines).toHaveLength(8)
  expect(lines[0]).toEqual({ ...away, failures: 1, forSeconds: 0 })
  expect(lines[5]).toEqual({ ...away, failures: 1861, forSeconds: 1860 })
  expect(lines.slice(6)).toEqual([
    { type: 'recovered', part: 'list', failures: 2400, forSeconds: 2400 },
    current,
  ])
})

test('an alarm is told of at once while the registry is away, and so is a sync that fails', () => {
  expect(
    told([
      [0, away],
      [1, away],
      [2, alarm],
      [3, failed],
      [4, alarm],
      [5, failed],
    ]),
  ).toEqual([
    { ...away, failures: 1, forSeconds: 0 },
    { ...alarm, failures: 1, forSeconds: 0 },
    { ...failed, failures: 1, forSeconds: 0 },
  ])
})

test('without a failure nothing is said but what happens', () => {
  expect(
    told([
      [0, current],
      [15, current],
    ]),
  ).toEqual([current, current])
})
