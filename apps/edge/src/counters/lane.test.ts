import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lane, makeLane, outcomes, timeBounds } from './lane.ts'

test('counters hold what was counted, each interface its own, for whoever reads the memory', () => {
  const counted = fc.tuple(fc.constantFrom(...outcomes), fc.double({ min: 0, max: 1, noNaN: true }))
  fc.assert(
    fc.property(fc.array(counted), (all) => {
      const memory = makeLane()
      const lane = new Lane(memory, 's13')
      for (const [outcome, seconds] of all) lane.count(outcome, seconds)
      const read = new Lane(memory, 's13')
      for (const outcome of outcomes) {
        expect(read.of(outcome)).toBe(all.filter(([each]) => each === outcome).length)
        expect(new Lane(memory, 'n5g-eir').of(outcome)).toBe(0)
      }
      const { counts, sumSeconds } = read.times
      expect(counts).toHaveLength(timeBounds.length + 1)
      for (const [index, bound] of timeBounds.entries())
        expect(counts.slice(0, index + 1).reduce((sum, count) => sum + count, 0)).toBe(
          all.filter(([, seconds]) => seconds <= bound).length,
        )
      expect(sumSeconds).toBeCloseTo(all.reduce((sum, [, seconds]) => sum + seconds, 0))
    }),
  )
})
