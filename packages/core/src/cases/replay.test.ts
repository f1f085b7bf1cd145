import { describe, expect, test } from 'vitest'
import { replayHistory } from './replay.ts'

const reported = { event: 'report', from: 'none', to: 'reported' }
const verified = { event: 'verify', from: 'reported', to: 'verified' }
const blocked = { event: 'block', from: 'verified', to: 'blocked' }
const owner = { telcoId: 1, imsi: 'aa'.repeat(16), epoch: 1 }
const other = { telcoId: 2, imsi: 'bb'.repeat(16), epoch: 1 }

describe('a history', () => {
  test('adds up to the state and the exceptions that its events left', () => {
    const changed = { event: 'change_exceptions', from: 'blocked', to: 'blocked', exceptions: [other, owner] }
    expect(replayHistory([reported, verified, { ...blocked, exceptions: [owner] }, changed])).toEqual({
      state: 'blocked',
      exceptions: [owner, other],
      wasBlocked: true,
    })
    expect(replayHistory([reported])).toEqual({ state: 'reported', exceptions: [], wasBlocked: false })
  })

  test('keeps exceptions that an event says nothing of, and loses them to an empty list', () => {
    const kept = { event: 'dispute', from: 'blocked', to: 'disputed' }
    const start = [reported, verified, { ...blocked, exceptions: [owner] }, kept]
    expect(replayHistory(start)).toMatchObject({ state: 'disputed', exceptions: [owner] })
    const cleared = { event: 'keep', from: 'disputed', to: 'blocked', exceptions: [] }
    expect(replayHistory([...start, cleared])).toMatchObject({ state: 'blocked', exceptions: [] })
  })

  test('goes on through a police report, in whatever state it came', () => {
    const attached = { event: 'attach_police_report', from: 'blocked', to: 'blocked' }
    expect(replayHistory([reported, verified, blocked, attached])).toMatchObject({ state: 'blocked' })
  })

  test.each([
    [[]],
    [[verified]],
    [[reported, blocked]],
    [[reported, { ...verified, to: 'blocked' }]],
    [[reported, { ...verified, from: 'verified' }]],
    [[reported, { event: 'vanish', from: 'reported', to: 'released' }]],
    [[reported, reported]],
    [[reported, verified, { event: 'attach_police_report', from: 'verified', to: 'blocked' }]],
  ])('that cannot have happened is named: %j', (history) => {
    expect(replayHistory(history)).toEqual(expect.stringContaining('history'))
  })
})
