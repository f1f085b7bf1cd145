import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeChange,
  encodeChange,
  encodeSnapshot,
  type ListReason,
  type ListStatus,
  openSnapshot,
  PhoneWriter,
  type SnapshotPhone,
} from '../index.ts'

const reason = fc.option(fc.constantFrom<ListReason>('lost', 'stolen', 'faulty', 'fraud'), { nil: undefined })
const status = fc.constantFrom<ListStatus>('PERMITTED', 'PROHIBITED', 'TRACKING')
const when = { seq: fc.nat(), atMs: fc.nat() }
const exception = fc.record({
  telcoId: fc.nat(65_535),
  imsiToken: fc.stringMatching(/^[0-9a-f]{32}$/),
})
const withReason = <Value extends object>(value: fc.Arbitrary<Value>) =>
  fc.tuple(value, reason).map(([each, why]) => ({ ...each, ...(why && { reason: why }) }))
const phoneChange = withReason(
  fc.record({
    ...when,
    imei: fc.stringMatching(/^[0-9]{14}$/),
    status,
    exceptions: fc.array(exception),
  }),
)
const tacs = fc
  .tuple(fc.nat(99_999_999), fc.nat(99_999_999))
  .map((two) => two.toSorted((one, other) => one - other).map((tac) => String(tac).padStart(8, '0')))
  .map(([from = '', to = '']) => ({ from, to }))
const range = withReason(fc.record({ tacs, status }))
const rangeChange = withReason(fc.record({ ...when, tacs, status }))
const change = fc.oneof(phoneChange, rangeChange)

describe('a change of the list', () => {
  test('comes back from its bytes, be it of a phone or of a range of models', () => {
    fc.assert(
      fc.property(change, (each) => {
        expect(decodeChange(encodeChange(each))).toEqual(each)
      }),
    )
  })

  test('that was cut short or is anything else is none', () => {
    fc.assert(
      fc.property(change, fc.nat(), fc.uint8Array(), (each, cut, noise) => {
        const bytes = encodeChange(each)
        expect(decodeChange(bytes.subarray(0, cut % bytes.length))).toBeUndefined()
        expect(() => decodeChange(Buffer.from(noise))).not.toThrow()
      }),
    )
  })
})

describe('a snapshot', () => {
  const phones = fc.uniqueArray(fc.nat(99_999_999_999_999), { maxLength: 50 }).chain((imeis) =>
    fc.tuple(
      ...imeis
        .toSorted((one, other) => one - other)
        .map((imei) =>
          withReason(
            fc.record({
              imei: fc.constant(imei),
              status: fc.constantFrom<SnapshotPhone['status']>('PROHIBITED', 'TRACKING'),
            }),
          ),
        ),
    ),
  )
  const place = fc.record({ seq: fc.nat(), head: fc.stringMatching(/^[0-9a-f]{64}$/) })
  const content = fc.record({
    phones,
    ranges: fc.array(range, { maxLength: 5 }),
    exceptions: fc.array(
      fc.tuple(exception, fc.stringMatching(/^[0-9]{14}$/)).map(([sim, imei]) => ({ imei, ...sim })),
      { maxLength: 5 },
    ),
  })
  const bytesOf = (at: { seq: number; head: string }, { phones: list, ...rest }: Content) =>
    Buffer.concat([...encodeSnapshot(at, { ...rest, phones: { count: list.length, list } })])
  type Content = typeof content extends fc.Arbitrary<infer Value> ? Value : never

  test('comes back from its bytes', () => {
    fc.assert(
      fc.property(place, content, (at, holds) => {
        const opened = openSnapshot(bytesOf(at, holds))
        expect(opened?.header).toMatchObject(at)
        expect(opened?.ranges).toEqual(holds.ranges)
        expect(opened?.exceptions).toEqual(holds.exceptions)
        const read: SnapshotPhone[] = []
        for (const reader = opened?.readPhones(); reader?.next(); ) read.push(reader.phone)
        expect(read).toEqual(holds.phones)
      }),
    )
  })

  test('with any bit changed, cut off or added is none', () => {
    fc.assert(
      fc.property(place, content, fc.nat(), fc.nat(7), (at, holds, pick, bit) => {
        const bytes = bytesOf(at, holds)
        const broken = Buffer.from(bytes)
        const where = pick % bytes.length
        broken[where] = (broken[where] ?? 0) ^ (1 << bit)
        expect(openSnapshot(broken)).toBeUndefined()
        expect(openSnapshot(bytes.subarray(0, where))).toBeUndefined()
        expect(openSnapshot(Buffer.concat([bytes, Buffer.of(bit)]))).toBeUndefined()
      }),
    )
  })

  test('takes its phones in order alone', () => {
    const writer = new PhoneWriter()
    writer.add({ imei: 2, status: 'PROHIBITED' })
    expect(() => writer.add({ imei: 2, status: 'PROHIBITED' })).toThrow(RangeError)
  })
})
