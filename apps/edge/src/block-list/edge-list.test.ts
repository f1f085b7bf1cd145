import { encodeSnapshot, type ListEntry, openSnapshot } from '@pcbs/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EdgeList } from './edge-list.ts'

const entry: fc.Arbitrary<ListEntry> = fc.record({
  imei: fc.integer({ min: 0, max: 30 }).map((serial) => `352099001761${String(serial).padStart(2, '0')}`),
  status: fc.constantFrom('PERMITTED', 'PROHIBITED', 'TRACKING'),
  exceptions: fc.subarray([{ telcoId: 1, imsiToken: 'aa'.repeat(16) }]),
})

/** A list that begins from a snapshot of these entries. */
function listOf(entries: readonly ListEntry[]): EdgeList {
  const listed = entries
    .filter(({ status }) => status !== 'PERMITTED')
    .toSorted((one, other) => Number(one.imei) - Number(other.imei))
  const list = listed.map(({ imei, status }) => ({
    imei: Number(imei),
    status: status === 'TRACKING' ? ('TRACKING' as const) : ('PROHIBITED' as const),
  }))
  const exceptions = listed.flatMap(({ imei, exceptions: sims }) => sims.map((sim) => ({ imei, ...sim })))
  const chunks = encodeSnapshot(
    { seq: 1, head: '00'.repeat(32) },
    { phones: { count: list.length, list }, ranges: [], exceptions },
  )
  const opened = openSnapshot(Buffer.concat([...chunks]))
  if (!opened) throw new Error('it does not open')
  return EdgeList.of(opened)
}

test('after any changes the list answers as the last change of each phone says, in every thread', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(entry, { selector: ({ imei }) => imei }),
      fc.array(entry),
      (start, changes) => {
        const list = listOf(start)
        const last = new Map(start.map((each) => [each.imei, each]))
        for (const [index, change] of changes.entries()) {
          list.apply({ ...change, seq: index + 2, atMs: 0 })
          last.set(change.imei, change)
        }
        const listed = [...last.values()].filter(({ status }) => status !== 'PERMITTED')
        expect(list.phones).toBe(listed.length)
        const elsewhere = new EdgeList(structuredClone(list.share()))
        for (const answering of [list, elsewhere])
          for (const { imei, status, exceptions } of last.values()) {
            const statusFor = (imsi: string | undefined) =>
              answering.check(Number(imei), imsi, (text) => ['of a newer key', text.repeat(16)]).status
            expect(statusFor(undefined)).toBe(status)
            expect(statusFor('aa')).toBe(exceptions.length > 0 ? 'PERMITTED' : status)
            expect(statusFor('bb')).toBe(status)
          }
      },
    ),
  )
})

test('a range of models says something of phones that the list does not name, and of no others', () => {
  const [named, other] = ['35209900176148', '35209900176149']
  const list = listOf([{ imei: named, status: 'TRACKING', exceptions: [] }])
  const range = { tacs: { from: '35209900', to: '35209900' }, atMs: 0 }
  list.apply({ ...range, seq: 2, status: 'PROHIBITED' })
  expect(list.check(Number(named), undefined, undefined)).toEqual({ status: 'TRACKING', rule: 'exact' })
  expect(list.check(Number(other), undefined, undefined)).toEqual({ status: 'PROHIBITED', rule: 'tac_range' })
  list.apply({ seq: 3, atMs: 0, imei: named, status: 'PERMITTED', exceptions: [] })
  expect(list.check(Number(named), undefined, undefined)).toEqual({ status: 'PROHIBITED', rule: 'tac_range' })
  list.apply({ ...range, seq: 4, status: 'PERMITTED' })
  expect(list.check(Number(other), undefined, undefined)).toEqual({ status: 'PERMITTED', rule: 'default' })
})

test('a cloned phone’s owner is let through while the key is not there yet', () => {
  const imei = '35209900176148'
  const list = listOf([
    { imei, status: 'PROHIBITED', exceptions: [{ telcoId: 1, imsiToken: 'aa'.repeat(16) }] },
  ])
  expect(list.check(Number(imei), '502121234567890', undefined).rule).toBe('pair')
})
