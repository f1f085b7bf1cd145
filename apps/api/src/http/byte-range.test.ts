import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRange } from './byte-range.ts'

const current = { etag: '"a"', ifRange: undefined }

test.each([
  [undefined, undefined],
  ['bytes=0-', [0, 100]],
  ['bytes=40-', [40, 100]],
  ['bytes=40-49', [40, 50]],
  ['bytes=40-1000', [40, 100]],
  ['bytes=-10', [90, 100]],
  ['bytes=-1000', [0, 100]],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=50-40', undefined],
  ['bytes=0-1,5-6', undefined],
  ['bytes=-', undefined],
  ['lines=1-2', undefined],
])('%s of 100 bytes is %o', (range, expected) => {
  expect(readRange(100, range, current)).toEqual(expected)
})

test('a range of another version is not given', () => {
  expect(readRange(100, 'bytes=40-', { etag: '"a"', ifRange: '"b"' })).toBeUndefined()
  expect(readRange(100, 'bytes=40-', { etag: '"a"', ifRange: '"a"' })).toEqual([40, 100])
})

test('a range lies within the whole, whatever is asked for', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1 }), (first, last, total) => {
      const range = readRange(total, `bytes=${first}-${last}`, current)
      if (!Array.isArray(range)) return
      const [from, to] = range as [number, number]
      expect(from).toBeLessThan(to)
      expect(to).toBeLessThanOrEqual(total)
    }),
  )
})
