import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RawPairing } from '@pcbs/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LineBatch } from '../encoding/batch-encoder.ts'
import { ChangeDetector } from './detect.ts'

const settings = {
  kind: 'pairings',
  home: { country: 'MY', mccs: ['502'] },
  key: { epoch: 1, key: Buffer.alloc(32, 1) },
  stateKey: Buffer.alloc(32, 2),
  sealing: undefined,
} as const
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-changes-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function* each<Row>(rows: readonly Row[]): AsyncIterable<Row> {
  yield* rows
}

function openDetector(): ChangeDetector<'pairings'> {
  return new ChangeDetector({ ...settings, folder })
}

async function snapshotOf(
  rows: readonly RawPairing[],
): Promise<{ lines: string[]; keep: () => Promise<void> }> {
  const detector = openDetector()
  const lines = await linesOf(detector.readAll(each(rows)))
  expect(await linesOf(detector.readAgain())).toEqual(lines)
  return { lines, keep: () => detector.keep({ feed: 1, epoch: 1, policyVersion: 1 }) }
}

async function deltaOf(rows: readonly RawPairing[]): Promise<{ lines: string[]; keep: () => Promise<void> }> {
  const detector = openDetector()
  await detector.readChanges(each(rows))
  expect(detector.rows).toBe(rows.length)
  const lines = await linesOf(detector.changes())
  expect(await linesOf(detector.changes())).toEqual(lines)
  return { lines, keep: () => detector.keep({ feed: 1, epoch: 1, policyVersion: 1 }) }
}

async function linesOf(batches: AsyncIterable<LineBatch>): Promise<string[]> {
  const lines: string[] = []
  for await (const batch of batches)
    lines.push(...Buffer.from(batch.lines).toString().split('\n').slice(0, -1))
  return lines
}

const row = fc.record({
  imei: fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom('', '0', '12'))
    .map(([serial, spelling]) => `352099001761${String(serial).padStart(2, '0')}${spelling}`),
  imsi: fc.constantFrom('502121234567890', '502121234567891', 'bad'),
  msisdn: fc.constantFrom('60123456789', '60123456780'),
  firstSeen: fc.constantFrom('2026-11-01', '2026-11-02'),
  lastSeen: fc.constantFrom('2026-11-20', '2026-11-21'),
  rat: fc.constantFrom('', '006'),
})

/** What a registry comes to have of a feed: endings first, then rows of one key folded into what it has. */
function receive(registry: Map<string, readonly string[]>, lines: readonly string[]): void {
  const fields = lines.map((line) => line.split(','))
  const keyOf = ([, imei = '', ...rest]: readonly string[]) => [imei.slice(0, 14), ...rest.slice(0, 2)].join()
  for (const each of fields) if (each[0] === '-') registry.delete(keyOf(each))
  const sent = new Map<string, readonly string[]>()
  for (const each of fields) {
    if (each[0] !== '+') continue
    const [first = '', last = '', , rat = ''] = each.slice(4)
    const [knownFirst = first, knownLast = last, knownRat = rat] = sent.get(keyOf(each)) ?? []
    sent.set(keyOf(each), [
      first < knownFirst ? first : knownFirst,
      last > knownLast ? last : knownLast,
      rat > knownRat ? rat : knownRat,
    ])
  }
  for (const [key, [first = '', last = '', rat = '']] of sent) {
    const [knownFirst = first, knownLast = last, knownRat = rat] = registry.get(key) ?? []
    registry.set(key, [
      first < knownFirst ? first : knownFirst,
      last > knownLast ? last : knownLast,
      rat > knownRat ? rat : knownRat,
    ])
  }
}

const usedOnce: RawPairing = {
  imei: '35209900176123',
  imsi: '502121234567891',
  msisdn: '60123456780',
  firstSeen: '2026-11-02',
  lastSeen: '2026-11-21',
  rat: '006',
}
/** One use in a source twice, on its second day with a second RAT list: found by chance, and then by name. */
const usedTwice = [[usedOnce], [usedOnce, { ...usedOnce, firstSeen: '2026-11-01', rat: '' }], []]

describe('change detection', () => {
  test('leaves the registry with exactly what a snapshot would, whatever changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { maxLength: 60 }), { minLength: 1, maxLength: 5 }),
        async (days) => {
          await rm(folder, { recursive: true })
          const registry = new Map<string, readonly string[]>()
          const first = await snapshotOf(days[0] ?? [])
          receive(registry, first.lines)
          await first.keep()
          for (const rows of days.slice(1)) {
            const delta = await deltaOf(rows)
            receive(registry, delta.lines)
            await delta.keep()
            const whole = new Map<string, readonly string[]>()
            receive(whole, (await snapshotOf(rows)).lines)
            expect(registry).toEqual(whole)
          }
        },
      ),
      { numRuns: 60, examples: [[usedTwice]] },
    )
  })

  test('finds a day’s changes wherever they lie, and little else, among more rows than it looks ahead', async () => {
    const use = (serial: number, lastSeen = '2026-11-20'): RawPairing => ({
      imei: String(35_000_000_000_000 + serial),
      imsi: '502121234567890',
      msisdn: '60123456789',
      firstSeen: '2026-11-01',
      lastSeen,
    })
    const all = Array.from({ length: 30_000 }, (_, serial) => use(serial))
    const first = await snapshotOf(all)
    expect(first.lines).toHaveLength(30_000)
    await first.keep()
    // A block gone that is longer than the look-ahead, one row changed behind it, one new before it.
    const later = [
      ...all.slice(0, 5000),
      use(99_999),
      ...all.slice(5000, 6000),
      ...all.slice(15_000, 29_000),
      use(29_000, '2026-11-21'),
      ...all.slice(29_001),
    ]
    const { lines } = await deltaOf(later)
    const marks = lines.map((line) => line.slice(0, 1))
    expect(marks.filter((mark) => mark === '-')).toHaveLength(9000)
    expect(marks.filter((mark) => mark === '+')).toHaveLength(2)
  })

  test('sends nothing when nothing changed, or only the order', async () => {
    const rows = fc.sample(row, { numRuns: 50, seed: 1 })
    await (await snapshotOf(rows)).keep()
    expect((await deltaOf(rows)).lines).toEqual([])
    expect((await deltaOf(rows.toReversed())).lines).toEqual([])
  })

  test('drops what no row needs any more, and goes on from the same state', async () => {
    const rows = fc.sample(row, { numRuns: 50, seed: 5 })
    await (await snapshotOf(rows)).keep()
    const sizeOf = async () => {
      const names = (await readdir(join(folder, 'pairings'))).filter((name) => name.startsWith('records-'))
      expect(names).toHaveLength(1)
      return (await stat(join(folder, 'pairings', names[0] ?? ''))).size
    }
    const first = await sizeOf()
    // As a crash while dropping leaves it.
    await mkdir(join(folder, 'pairings', 'compacted', 'digests'), { recursive: true })
    for (let day = 1; day <= 28; day++) {
      const later = rows.map((each) => ({ ...each, lastSeen: `2026-11-${String(day).padStart(2, '0')}` }))
      await (await deltaOf(later)).keep()
      expect(await sizeOf()).toBeLessThanOrEqual(2 * first)
      expect((await deltaOf(later)).lines).toEqual([])
    }
  })

  test('knows nothing of a state that was not kept or is not whole', async () => {
    const rows = fc.sample(row, { numRuns: 20, seed: 2 })
    const { keep } = await snapshotOf(rows)
    expect(await openDetector().synced()).toBeUndefined()
    await keep()
    expect(await openDetector().synced()).toMatchObject({ feed: 1, epoch: 1 })
    await rm(join(folder, 'pairings', 'records-1'))
    expect(await openDetector().synced()).toBeUndefined()
  })

  test('writes no IMEI, IMSI or number to disk', async () => {
    const rows = fc.sample(row, { numRuns: 50, seed: 3 })
    await (await snapshotOf(rows)).keep()
    const files = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const file of files.filter((each) => each.isFile())) {
      const text = await readFile(join(file.parentPath, file.name), 'latin1')
      expect(text).not.toMatch(/352099001761|502121234567|6012345678/)
    }
  })
})
