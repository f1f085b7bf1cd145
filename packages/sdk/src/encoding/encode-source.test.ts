import { expect, test } from 'vitest'
import type { SourceReject } from '../feeds/source-rows.ts'
import { encodeSource } from './encode-source.ts'

const settings = {
  kind: 'pairings',
  home: { country: 'MY', mccs: ['502'] },
  key: { epoch: 1, key: Buffer.alloc(32, 1) },
} as const

const good = {
  imei: '352099001761480',
  imsi: '502121234567890',
  msisdn: '60123456789',
  firstSeen: '2026-11-24',
  lastSeen: '2026-11-24',
}

async function rejectsOf(
  rows: readonly (typeof good & { line?: number })[],
): Promise<readonly SourceReject[]> {
  const rejects: SourceReject[] = []
  async function* source() {
    yield* rows
  }
  let [sent, rejected] = [0, 0]
  for await (const batch of encodeSource({ ...settings, onReject: (each) => rejects.push(each) }, source())) {
    sent += batch.rows
    rejected += batch.rejected
  }
  expect([sent, rejected]).toEqual([rows.length, rejects.length])
  return rejects
}

test('every reject is told with the line that its source gave, over batches and threads', async () => {
  const rows = Array.from({ length: 30_000 }, (_, index) => ({
    ...good,
    ...(index % 7001 === 0 && { msisdn: '60123456789.0' }),
    line: 2 * index + 1,
  }))
  expect(await rejectsOf(rows)).toEqual(
    [0, 7001, 14_002, 21_003, 28_004].map((index) => ({
      line: 2 * index + 1,
      field: 'msisdn',
      code: 'msisdn-not-digits',
    })),
  )
})

test('and by its place where the source gives no lines', async () => {
  expect(await rejectsOf([good, { ...good, imei: '' }, good])).toEqual([
    { line: 2, field: 'imei', code: 'imei-missing' },
  ])
})
