import type { ListChange } from '@pcbs/seal'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findAttached, RecentSims } from './recent-sims.ts'

const token = (byte: number) => Buffer.alloc(16, byte)

describe('the SIMs that were seen last', () => {
  test('are those of a Map, as long as there is room', () => {
    const use = fc.record({ imei: fc.integer({ min: 0, max: 20 }), sim: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(use), (uses) => {
        const recent = new RecentSims(100_000)
        const map = new Map<number, number>()
        for (const [second, { imei, sim }] of uses.entries()) {
          recent.remember(imei * 1_000_003, token(sim), second * 1000)
          map.set(imei, sim)
        }
        for (let imei = 0; imei <= 20; imei++) {
          const sim = map.get(imei)
          expect(recent.find(imei * 1_000_003)?.token).toEqual(sim === undefined ? undefined : token(sim))
        }
      }),
    )
  })

  test('never hold the SIM of another phone, and forget the oldest first', () => {
    const recent = new RecentSims(4)
    for (let imei = 1; imei <= 9; imei++) recent.remember(imei, token(imei), imei * 1000)
    const kept = Array.from({ length: 9 }, (_, index) => recent.find(index + 1)?.token[0])
    expect(kept).toEqual([...Array(5).fill(undefined), 6, 7, 8, 9])
  })

  test('are detached where their phone is blocked, unless the block lets them through', () => {
    const recent = new RecentSims(1000)
    const [blocked, cloned, released] = ['35209900176148', '49015420323751', '35761300444848']
    for (const imei of [blocked, cloned, released]) recent.remember(Number(imei), token(7), 5000)
    const change = { seq: 1, atMs: 0, status: 'PROHIBITED', exceptions: [] } as const
    const owner = { telcoId: 1, imsiToken: token(7).toString('hex') }
    const changes: ListChange[] = [
      { ...change, imei: blocked },
      { ...change, imei: cloned, exceptions: [owner] },
      { ...change, imei: released, status: 'PERMITTED' },
      { ...change, imei: '86000000000000' },
      { seq: 2, atMs: 0, status: 'PROHIBITED', tacs: { from: '35209900', to: '35209900' } },
    ]
    const found = [{ imei: blocked, token: token(7), atMs: 5000 }]
    expect(findAttached(recent, changes, { hasOlderKeys: false })).toEqual(found)
    // An exception may be of an older key: its owner stays attached.
    const older = changes.map((each) =>
      'exceptions' in each && each.exceptions.length > 0
        ? { ...each, exceptions: [{ telcoId: 1, imsiToken: token(8).toString('hex') }] }
        : each,
    )
    expect(findAttached(recent, older, { hasOlderKeys: true })).toEqual(found)
  })
})
