import { type Imei14, parseNetworkImei } from '@pcbs/core'
import type { ListEntry } from '@pcbs/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EdgeList } from './edge-list.ts'

function imei14(digits: string): Imei14 {
  const parsed = parseNetworkImei(digits)
  if (!parsed.ok) throw new Error(parsed.failure)
  return parsed.value
}

const entry: fc.Arbitrary<ListEntry> = fc.record({
  imei: fc.integer({ min: 0, max: 30 }).map((serial) => `352099001761${String(serial).padStart(2, '0')}`),
  status: fc.constantFrom('PERMITTED', 'PROHIBITED', 'TRACKING'),
  exceptions: fc.subarray([{ telcoId: 1, imsiToken: 'aa' }]),
})

test('after any changes the list answers as the last change of each phone says', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(entry, { selector: ({ imei }) => imei }),
      fc.array(entry),
      (start, changes) => {
        const list = new EdgeList()
        list.replace(start, start.length)
        const last = new Map(start.map((each) => [each.imei, each]))
        for (const change of changes) {
          list.apply(change)
          last.set(change.imei, change)
        }
        for (const { imei, status, exceptions } of last.values()) {
          expect(list.check(imei14(imei), undefined, (imsi) => [imsi]).status).toBe(status)
          const owner = list.check(imei14(imei), 'aa', (imsi) => ['of a newer key', imsi]).status
          expect(owner).toBe(exceptions.length > 0 ? 'PERMITTED' : status)
          expect(list.check(imei14(imei), 'bb', (imsi) => [imsi]).status).toBe(status)
        }
        const listed = [...last.values()].filter(({ status }) => status !== 'PERMITTED')
        expect(list.size).toBe(listed.length)
        expect(new Set([...list.entries()].map(({ imei }) => imei))).toEqual(
          new Set(listed.map(({ imei }) => imei)),
        )
      },
    ),
  )
})

test('a cloned phone’s owner is let through while the key is not there yet', () => {
  const list = new EdgeList()
  const imei = '35209900176148'
  list.apply({ imei, status: 'PROHIBITED', exceptions: [{ telcoId: 1, imsiToken: 'aa' }] })
  expect(list.check(imei14(imei), '502121234567890', undefined).rule).toBe('pair')
})
