import type { ListRange } from '@pcbs/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TacRanges } from './tac-ranges.ts'

const range = fc
  .record({
    from: fc.integer({ min: 0, max: 60 }),
    width: fc.integer({ min: 0, max: 5 }),
    status: fc.constantFrom('PROHIBITED' as const, 'TRACKING' as const),
  })
  .map(({ from, width, status }): ListRange => {
    const tac = (value: number) => String(35_209_900 + value).padStart(8, '0')
    return { tacs: { from: tac(from), to: tac(from + width) }, status }
  })

const isClear = (all: readonly ListRange[], { tacs }: ListRange) =>
  all.every((other) => other.tacs.to < tacs.from || tacs.to < other.tacs.from)

test('a phone’s model is looked up as a walk over all ranges would find it, put on and taken off', () => {
  fc.assert(
    fc.property(fc.array(range), fc.array(fc.nat(70)), fc.nat(), (drawn, asked, gone) => {
      const listed: ListRange[] = []
      for (const each of drawn) if (isClear(listed, each)) listed.push(each)
      const half = listed.length >>> 1
      const ranges = new TacRanges(listed.slice(0, half))
      for (const each of listed.slice(half)) ranges.apply(each)
      const away = listed[gone % Math.max(1, listed.length)]
      if (away) ranges.apply({ ...away, status: 'PERMITTED' })
      const left = listed.filter((each) => each !== away)
      for (const value of asked) {
        const tac = String(35_209_900 + value)
        const found = left.find(({ tacs }) => tacs.from <= tac && tac <= tacs.to)
        expect(ranges.get(Number(`${tac}123456`))).toBe(found?.status)
      }
    }),
  )
})
