import { setTimeout as delay } from 'node:timers/promises'
import { type RunningRegistry, signInOfficer, withClient } from '@pcbs/dev-nation'
import { encodeLogEntry } from '@pcbs/seal'
import type { Client } from 'pg'
import { startBenchRegistry } from '../feeds/registry.ts'
import { percentile, rounded } from '../statistics.ts'

const proofs = 200
const lookMs = 100

/**
 * What the transparency log costs: entries that wait, put into order by the running API in batches, and proofs over
 * HTTP once they are all in.
 */
export async function benchLog({ entries = 200_000 }): Promise<object> {
  const bench = await startBenchRegistry()
  try {
    return await withClient(bench.superuserUrl, async (database) => {
      const appendMs = await appendEntries(database, entries)
      process.stderr.write(`${entries} entries in ${appendMs} ms\n`)
      const token = await signInOfficer({
        issuerUrl: bench.registry.issuerUrl,
        apiUrl: bench.registry.apiUrl,
        officer: 'auditor-1',
        password: bench.registry.secrets.officers['auditor-1'],
      })
      return {
        entries,
        appendsPerSecond: Math.round(entries / (appendMs / 1000)),
        inclusion: await timeProofs(
          bench.registry,
          token,
          (at) => `inclusion?index=${at}&size=${entries}`,
          entries,
        ),
        consistency: await timeProofs(
          bench.registry,
          token,
          (at) => `consistency?from=${at}&to=${entries}`,
          entries,
        ),
        bytesPerEntry: await sizeOfLog(database, entries),
      }
    })
  } finally {
    await bench.stop()
  }
}

/** Lets entries wait, and times the API until all are in the log. */
async function appendEntries(database: Client, entries: number): Promise<number> {
  const entry = encodeLogEntry('cases-listed', Date.now(), { actor: 'officer:officer-1', count: '12' })
  await database.query('INSERT INTO log_pending (content) SELECT $1 FROM generate_series(1, $2::int)', [
    entry,
    entries,
  ])
  const startedMs = performance.now()
  for (;;) {
    const { rows } = await database.query<{ size: string | null }>(
      'SELECT max(index) + 1 AS size FROM log_entry',
    )
    if (Number(rows[0]?.size) >= entries) return Math.round(performance.now() - startedMs)
    await delay(lookMs)
  }
}

interface ProofFigures {
  readonly hashes: number
  readonly p50Ms: number
  readonly p99Ms: number
}

async function timeProofs(
  { apiUrl }: RunningRegistry,
  token: string,
  pathOf: (place: number) => string,
  entries: number,
): Promise<ProofFigures> {
  const times: number[] = []
  let longest = 0
  for (let proof = 0; proof < proofs; proof++) {
    const place = 1 + Math.floor(Math.random() * (entries - 1))
    const startedMs = performance.now()
    const answer = await fetch(`${apiUrl}/v1/log/${pathOf(place)}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const { hashes } = (await answer.json()) as { hashes: string[] }
    times.push(performance.now() - startedMs)
    longest = Math.max(longest, hashes.length)
  }
  return {
    hashes: longest,
    p50Ms: rounded(percentile(times, 0.5), 2),
    p99Ms: rounded(percentile(times, 0.99), 2),
  }
}

async function sizeOfLog(database: Client, entries: number): Promise<number> {
  const { rows } = await database.query<{ bytes: string }>(
    "SELECT pg_total_relation_size('log_entry') + pg_total_relation_size('log_tile') AS bytes",
  )
  return Math.round(Number(rows[0]?.bytes) / entries)
}
