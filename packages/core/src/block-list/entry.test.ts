import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveEntry, type Hold, isSameEntry, type LetThrough } from './entry.ts'

const owner: LetThrough = { telcoId: 1, imsi: 'aa'.repeat(16), epoch: 1 }
const other: LetThrough = { telcoId: 2, imsi: 'bb'.repeat(16), epoch: 1 }
const hold = (change: Partial<Hold> = {}): Hold => ({
  status: 'PROHIBITED',
  reason: 'stolen',
  exceptions: [],
  ...change,
})

describe('what the list says of a phone', () => {
  test('is nothing where no case holds it', () => {
    expect(deriveEntry([])).toBeUndefined()
  })

  test('lets every SIM through that any case lets through, once, whichever case came last', () => {
    const both = [hold({ exceptions: [other, owner] }), hold(), hold({ exceptions: [owner] })]
    const entry = { status: 'PROHIBITED', reason: 'stolen', exceptions: [owner, other] }
    expect(deriveEntry(both)).toEqual(entry)
    expect(deriveEntry(both.toReversed())).toEqual(entry)
  })

  test('keeps one case’s exception after the other is over, and loses it with its own', () => {
    const cloned = hold({ exceptions: [owner] })
    expect(deriveEntry([cloned])?.exceptions).toEqual([owner])
    expect(deriveEntry([hold()])?.exceptions).toEqual([])
  })

  test('is that it is blocked where one case blocks it and others watch it', () => {
    const watched = hold({ status: 'TRACKING', reason: 'fraud' })
    expect(deriveEntry([watched, hold({ reason: 'lost' })])).toMatchObject({
      status: 'PROHIBITED',
      reason: 'lost',
    })
    expect(deriveEntry([watched])).toMatchObject({ status: 'TRACKING', reason: 'fraud' })
  })

  test.each([
    [['lost', 'stolen'], 'stolen'],
    [['fraud', 'stolen'], 'stolen'],
    [['lost', 'fraud', 'faulty'], 'fraud'],
    [['faulty', 'lost'], 'lost'],
    [['faulty'], 'faulty'],
  ] as const)('of cases for %j gives the reason %s', (reasons, told) => {
    const holds = reasons.map((reason) => hold({ reason }))
    expect(deriveEntry(holds)?.reason).toBe(told)
    expect(deriveEntry(holds.toReversed())?.reason).toBe(told)
  })

  test('depends on which cases hold it, not on their order nor on how often they say so', () => {
    const sim = fc.record({
      telcoId: fc.integer({ min: 1, max: 3 }),
      imsi: fc.constantFrom('aa', 'bb', 'cc'),
      epoch: fc.integer({ min: 1, max: 2 }),
    })
    const holds = fc.array(
      fc.record({
        status: fc.constantFrom('PROHIBITED' as const, 'TRACKING' as const),
        reason: fc.constantFrom('lost' as const, 'stolen' as const, 'faulty' as const, 'fraud' as const),
        exceptions: fc.array(sim, { maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(holds, fc.infiniteStream(fc.nat()), (some, dice) => {
        const shuffled = some.map((each) => ({ each, at: dice.next().value })).toSorted((a, b) => a.at - b.at)
        const again = [...shuffled.map(({ each }) => each), ...some]
        expect(isSameEntry(deriveEntry(some), deriveEntry(again))).toBe(true)
        for (const { exceptions } of some)
          for (const each of exceptions) expect(deriveEntry(some)?.exceptions).toContainEqual(each)
      }),
    )
  })
})

test.each([
  [{ status: 'TRACKING' }],
  [{ reason: 'lost' }],
  [{ exceptions: [] }],
  [{ exceptions: [other] }],
  [{ exceptions: [owner, other] }],
  [{ exceptions: [{ ...owner, epoch: 2 }] }],
] as const)('an entry that differs in %j is another', (change) => {
  const entry = { status: 'PROHIBITED', reason: 'stolen', exceptions: [owner] } as const
  expect(isSameEntry(entry, { ...entry, ...change })).toBe(false)
  expect(isSameEntry(entry, { ...entry })).toBe(true)
  expect(isSameEntry(entry, undefined)).toBe(false)
  expect(isSameEntry(undefined, undefined)).toBe(true)
})
