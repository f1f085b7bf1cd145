import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentHits } from './recent-hits.ts'

const hit = fc.record(
  {
    imei: fc.constantFrom('35209900176148', '49015420323751'),
    imsi: fc.constantFrom('a token', 'another token'),
    status: fc.constantFrom('PROHIBITED', 'TRACKING'),
  },
  { requiredKeys: ['imei', 'status'] },
)

test('of the hits of one phone and SIM the first of each minute is kept, and every other is counted', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hit, fc.integer({ min: 0, max: 40_000 })), { maxLength: 200 }), (all) => {
      const recent = new RecentHits()
      const kept = new Map<string, number[]>()
      let atMs = 1_000_000
      let count = 0
      for (const [each, passedMs] of all) {
        atMs += passedMs
        if (recent.isRepeated({ ...each, atMs })) continue
        count += 1
        const kind = JSON.stringify([each.imei, each.imsi, each.status])
        kept.set(kind, [...(kept.get(kind) ?? []), atMs])
      }
      expect(recent.merged).toBe(all.length - count)
      for (const times of kept.values())
        for (const [index, time] of times.slice(1).entries())
          expect(time - (times[index] as number)).toBeGreaterThanOrEqual(60_000)
    }),
  )
})

test('a phone that never stops is told of once a minute, and a clock that is set back hides nothing', () => {
  const recent = new RecentHits()
  const once = { imei: '35209900176148', status: 'PROHIBITED' }
  let kept = 0
  for (let atMs = 0; atMs < 600_000; atMs += 100) if (!recent.isRepeated({ ...once, atMs })) kept += 1
  expect(kept).toBe(10)
  expect(recent.isRepeated({ ...once, atMs: 1000 })).toBe(false)
})
