import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RawPairing } from '@pcbs/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RowEncoder } from '../feeds/source-rows.ts'
import { ChangeDetector, type GatheredState } from './detect.ts'
import { StateSealer } from './state-line.ts'

const home = { country: 'MY', mccs: ['502'] } as const
const encoder = new RowEncoder(home, { epoch: 1, key: Buffer.alloc(32, 1) })
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-changes-'))
})
afterEach(() => rm(folder, { recursive: true }))

function openDetector() {
  const sealer = new StateSealer('pairings', Buffer.alloc(32, 2))
  const detector = new ChangeDetector('pairings', folder, sealer)
  return async (rows: readonly RawPairing[]): Promise<GatheredState> =>
    detector.gather(
      (async function* () {
        for (const row of rows) yield sealer.seal(encoder.pairings(row), () => JSON.stringify(row))
      })(),
    )
}

async function linesOf(rows: ReturnType<GatheredState['changes']>): Promise<string[]> {
  const lines: string[] = []
  for await (const { line } of rows) lines.push(line)
  return lines
}

const row = fc.record({
  imei: fc.integer({ min: 0, max: 40 }).map((serial) => `352099001761${String(serial).padStart(2, '0')}`),
  imsi: fc.constantFrom('502121234567890', '502121234567891', 'bad'),
  msisdn: fc.constantFrom('60123456789', '60123456780'),
  firstSeen: fc.constantFrom('2026-11-01', '2026-11-02'),
  lastSeen: fc.constantFrom('2026-11-20', '2026-11-21'),
})

/** What a registry has after it was sent these lines. */
function receive(registry: Map<string, string>, lines: readonly string[]): void {
  for (const line of lines) {
    const [mark, imei, imsi, subscription, ...rest] = line.trimEnd().split(',')
    const key = [imei, imsi, subscription].join(',')
    if (mark === '+') registry.set(key, rest.join(','))
    if (mark === '-') registry.delete(key)
  }
}

describe('change detection', () => {
  test('leaves the registry with exactly what a snapshot would, whatever changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { maxLength: 60 }), { minLength: 1, maxLength: 5 }),
        async (days) => {
          await rm(folder, { recursive: true })
          const gather = openDetector()
          const registry = new Map<string, string>()
          for (const [index, rows] of days.entries()) {
            const gathered = await gather(rows)
            expect(gathered.rows).toBe(rows.length)
            const whole = new Map<string, string>()
            receive(whole, await linesOf(gathered.everything()))
            receive(registry, await linesOf(gathered.changes()))
            expect(registry).toEqual(whole)
            await gathered.keep({ feed: index + 1, epoch: 1 })
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('sends nothing when nothing changed, and the same changes in the same order when asked again', async () => {
    const rows = fc.sample(row, { numRuns: 50, seed: 1 })
    const gather = openDetector()
    const first = await gather(rows)
    expect(await linesOf(first.everything())).toEqual(await linesOf(first.everything()))
    await first.keep({ feed: 1, epoch: 1 })
    expect(await linesOf((await gather(rows)).changes())).toEqual([])
  })

  test('begins with a snapshot again when its state is gone, and after a crash before it was kept', async () => {
    const rows = fc.sample(row, { numRuns: 20, seed: 2 })
    const gather = openDetector()
    const lost = await gather(rows)
    const all = await linesOf(lost.everything())
    expect(await linesOf((await gather(rows)).changes())).toEqual(all)
    const detector = new ChangeDetector('pairings', folder, new StateSealer('pairings', Buffer.alloc(32, 2)))
    expect(await detector.synced()).toBeUndefined()
  })

  test('writes no IMEI, IMSI or number to disk', async () => {
    const rows = fc.sample(row, { numRuns: 50, seed: 3 })
    await (await openDetector()(rows)).keep({ feed: 1, epoch: 1 })
    const files = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const file of files.filter((each) => each.isFile())) {
      const text = await readFile(join(file.parentPath, file.name), 'latin1')
      expect(text).not.toMatch(/352099001761|502121234567|6012345678/)
    }
  })
})
