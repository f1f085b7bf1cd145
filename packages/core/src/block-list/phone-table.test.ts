import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PhoneTable, type TableStatus } from './phone-table.ts'

const imei = fc.oneof(
  fc.integer({ min: 0, max: 99_999_999_999_999 }),
  // Neighbours of one model, and the two ends of the range.
  fc.integer({ min: 35_209_900_176_000, max: 35_209_900_176_099 }),
  fc.constantFrom(0, 1, 65_535, 65_536, 4_294_967_295, 4_294_967_296, 99_999_999_999_999),
)
const status = fc.constantFrom<TableStatus>('PROHIBITED', 'TRACKING')

describe('a phone table', () => {
  test('says exactly what a Map says, whatever was put in', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(imei, status), { maxLength: 400 }), fc.array(imei), (puts, asked) => {
        const table = PhoneTable.withRoomFor(puts.length)
        const map = new Map<number, TableStatus>()
        for (const [key, value] of puts) {
          table.set(key, value)
          map.set(key, value)
        }
        for (const key of [...asked, ...map.keys()]) expect(table.get(key)).toBe(map.get(key))
        const elsewhere = new PhoneTable(table.memory)
        for (const key of map.keys()) expect(elsewhere.get(key)).toBe(map.get(key))
      }),
    )
  })

  test('takes less than 8 bytes an entry', () => {
    expect(PhoneTable.withRoomFor(1_000_000).memory.byteLength / 1_000_000).toBeLessThan(8)
  })

  test('refuses more than fits rather than losing any', () => {
    const table = PhoneTable.withRoomFor(1)
    expect(() => {
      for (let key = 0; key < 100; key++) table.set(key, 'PROHIBITED')
    }).toThrow(RangeError)
  })
})
