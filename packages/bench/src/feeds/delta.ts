import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addDays } from '@pcbs/core'
import { clientId, todayInNation } from '@pcbs/dev-nation'
import { type FeedSummary, fetchTelcoKey, type Source, syncOnce, type TelcoAdapter } from '@pcbs/sdk'
import { publicKeyFromRaw } from '@pcbs/seal'
import { rounded } from '../statistics.ts'
import { benchTelco, startBenchRegistry } from './registry.ts'

const today = todayInNation()
const fetchRows = 2000
const yesterday = addDays(today, -1)

/**
 * Whole syncs, source to visible: the first load, a day on which a share of the rows changed, and a day on which none
 * did.
 * @param changed percent of the rows
 */
export async function benchDelta({ rows = 1_000_000, changed = 2 }): Promise<object> {
  const bench = await startBenchRegistry()
  const stateFolder = await mkdtemp(join(tmpdir(), 'pcbs-bench-state-'))
  try {
    const { privateKey } = bench
    const { custodianUrl } = bench.registry
    const listRoot = publicKeyFromRaw(bench.registry.listRoot)
    if (!listRoot) throw new Error('the custodian gave no root key')
    const key = await fetchTelcoKey({ custodianUrl, clientId: clientId(benchTelco, 'adapter'), privateKey })
    const sync = async (day: number) => {
      const startedMs = performance.now()
      const summaries = await syncOnce({
        client: bench.client,
        key,
        adapter: sourceOf(rows, day === 0 ? 0 : changed),
        configuration: {
          telco: benchTelco,
          registryUrl: bench.registry.apiUrl,
          privateKey,
          listRoot,
          stateFolder,
        },
        period: { from: '2020-01-01', to: today },
      })
      for (const { feed } of summaries)
        if (feed.state !== 'applied') throw new Error(`a feed is ${feed.state}`)
      return { tookMs: Math.round(performance.now() - startedMs), sent: sum(summaries) }
    }
    const first = await sync(0)
    const delta = await sync(1)
    const unchanged = await sync(1)
    return {
      rows,
      firstMs: first.tookMs,
      firstRowsPerSecond: Math.round(first.sent / (first.tookMs / 1000)),
      deltaMs: delta.tookMs,
      deltaRowsSent: delta.sent,
      ratio: rounded(delta.tookMs / first.tookMs, 3),
      unchangedMs: unchanged.tookMs,
      unchangedRowsSent: unchanged.sent,
      unchangedRatio: rounded(unchanged.tookMs / first.tookMs, 3),
    }
  } finally {
    await bench.stop()
    await rm(stateFolder, { recursive: true })
  }
}

function sum(summaries: readonly FeedSummary[]): number {
  return summaries.reduce((total, { rows }) => total + rows, 0)
}

/** A source made as it is read, as many rows at once as a cursor gives; every so-manieth of them changed. */
function sourceOf(rows: number, changedPercent: number): TelcoAdapter {
  const msisdn = (index: number) => `6012${String(index).padStart(7, '0')}`
  const isChanged = (index: number) => (index * changedPercent) % 100 < changedPercent
  async function* fetch<Row>(make: (index: number) => Row): Source<Row> {
    for (let from = 0; from < rows; from += fetchRows)
      yield Array.from({ length: Math.min(fetchRows, rows - from) }, (_, place) => make(from + place))
  }
  return {
    subscribers: () =>
      fetch((index) => ({
        msisdn: msisdn(index),
        nationalId: isChanged(index) ? '910101-14-5678' : '900101-14-5678',
        isActive: true,
      })),
    pairings: () =>
      fetch((index) => ({
        imei: String(35_000_000_000_000 + index * 13),
        imsi: `50212${String(index).padStart(10, '0')}`,
        msisdn: msisdn(index),
        firstSeen: '2026-01-01',
        lastSeen: isChanged(index) ? today : yesterday,
      })),
  }
}
