import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Ledger } from '../src/ledger.ts'
import { decideBudget, highestBudget, openingBudget } from '../src/openings/budget.ts'

const dayMs = 24 * 60 * 60 * 1000
const noon = Date.UTC(2026, 10, 24, 12)
const budget = { perOfficer: 3, inAll: 5 }
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-ledger-'))
})
afterEach(() => rm(folder, { recursive: true }))

const path = () => join(folder, 'ledger')
const entry = (id: number, officer = 'officer-1') => ({ id: String(id), hash: `of ${id}`, officer })

describe('the ledger', () => {
  test('admits so many a day, by officer and in all, and the same again for nothing', async () => {
    const ledger = await Ledger.open(path(), () => noon)
    const answers = []
    for (let id = 0; id < 4; id++) answers.push(await ledger.admit(entry(id), budget))
    answers.push(await ledger.admit(entry(0), budget))
    answers.push(await ledger.admit({ ...entry(0), hash: 'another' }, budget))
    for (let id = 10; id < 13; id++) answers.push(await ledger.admit(entry(id, 'officer-2'), budget))
    expect(answers).toEqual([
      ...['admitted', 'admitted', 'admitted', 'budget-officer'],
      ...['repeated', 'id-used'],
      ...['admitted', 'admitted', 'budget-all'],
    ])
    await ledger.close()
  })

  test('gives no budget back for a crash, half a line or a clock that is set back by a day', async () => {
    let now = noon
    for (let crash = 0; crash < 20; crash++) {
      const ledger = await Ledger.open(path(), () => now)
      await ledger.admit(entry(crash), budget)
      // As a kill leaves it: nothing is closed in order, and a line may be cut off.
      await ledger.close()
      await appendFile(path(), '{"id":"cut')
      if (crash === 2) now -= dayMs
    }
    const ledger = await Ledger.open(path(), () => now)
    expect(ledger.nowMs).toBe(noon)
    expect(await ledger.admit(entry(99), budget)).toBe('budget-officer')
    await ledger.close()
  })

  test('never admits more on a day than its budget, however clocks jump and processes crash', async () => {
    const step = fc.oneof(
      fc.record({
        type: fc.constant('admit' as const),
        officer: fc.constantFrom('officer-1', 'officer-2', 'officer-3'),
      }),
      fc.record({ type: fc.constant('crash' as const) }),
      fc.record({ type: fc.constant('clock' as const), byMs: fc.integer({ min: -3 * dayMs, max: dayMs }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await rm(path(), { force: true })
        let now = noon
        let ledger = await Ledger.open(path(), () => now)
        const admitted = new Map<string, number>()
        for (const [id, each] of steps.entries()) {
          if (each.type === 'clock') now += each.byMs
          if (each.type === 'crash') {
            await ledger.close()
            ledger = await Ledger.open(path(), () => now)
          }
          if (each.type !== 'admit') continue
          const day = Math.floor(ledger.nowMs / dayMs)
          if ((await ledger.admit(entry(id, each.officer), budget)) !== 'admitted') continue
          for (const key of [`${day}`, `${day} ${each.officer}`])
            admitted.set(key, (admitted.get(key) ?? 0) + 1)
        }
        await ledger.close()
        for (const [key, count] of admitted)
          expect(count).toBeLessThanOrEqual(key.includes(' ') ? budget.perOfficer : budget.inAll)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the budget of openings', () => {
  const order = { from: '2026-11-20', to: '2026-11-30', openingsPerDay: 600, reference: 'Order 1 (invented)' }

  test('is raised by an order in force, and never past 900', () => {
    expect(decideBudget(undefined, noon)).toEqual(openingBudget)
    expect(decideBudget(order, noon).inAll).toBe(600)
    expect(decideBudget({ ...order, openingsPerDay: 1_000_000 }, noon).inAll).toBe(highestBudget)
    expect(decideBudget(order, noon).perOfficer).toBe(openingBudget.perOfficer)
  })

  test('stays as it is with an order of other days, without a reference, or with a number that is none', () => {
    for (const none of [
      { ...order, to: '2026-11-23' },
      { ...order, from: '2026-11-25' },
      { ...order, reference: '' },
      { ...order, openingsPerDay: Number.NaN },
      { ...order, openingsPerDay: 1 },
      {},
    ])
      expect(decideBudget(none, noon)).toEqual(openingBudget)
  })
})
