import type { SharedLimit } from '@pcbs/store'
import { expect, test } from 'vitest'
import { Lease } from './lease.ts'

/** A limit in memory that counts how often it is asked. */
function limitOf(points: number, windowMs: number): SharedLimit & { readonly asked: () => number } {
  let [spent, asked] = [0, 0]
  return {
    asked: () => asked,
    async spend(_key, wanted = 1) {
      asked += 1
      spent += wanted
      return { isOver: spent > points, msBeforeNext: windowMs }
    },
  }
}

test('a busy client is let through as often as its limit says, for a query in a while', async () => {
  const limit = limitOf(1000, 60_000)
  const lease = new Lease(limit, 20)
  const answers = await Promise.all(Array.from({ length: 1200 }, () => lease.spend('a client')))
  expect(answers.filter(({ isOver }) => !isOver)).toHaveLength(1000)
  // Fifty helpings, and one refusal that all who were left waited for.
  expect(limit.asked()).toBeLessThan(60)
})

test('two processes share one limit, but for what each holds at the end', async () => {
  const limit = limitOf(1000, 60_000)
  const leases = [new Lease(limit, 20), new Lease(limit, 20)]
  let through = 0
  for (let turn = 0; turn < 2000; turn++) {
    const lease = leases[turn % 3 === 0 ? 0 : 1]
    if (lease && !(await lease.spend('a client')).isOver) through += 1
  }
  expect(through).toBeGreaterThan(960)
  expect(through).toBeLessThanOrEqual(1000)
})

test('points of a window that is over are not spent', async () => {
  const limit = limitOf(3, 0)
  const lease = new Lease(limit, 1)
  // Each helping is over as soon as it comes, so that each is asked for anew until there are none.
  expect(await lease.spend('a client')).toMatchObject({ isOver: true })
})
