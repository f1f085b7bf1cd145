import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  adapterNodeFlags,
  appModule,
  runProgram,
  todayInNation,
  withClient,
  writeTelcoConfiguration,
} from '@pcbs/dev-nation'
import type { Client } from 'pg'
import { rounded } from '../statistics.ts'
import { copiedTables, timeCopies } from './copy.ts'
import { benchTelco, startBenchRegistry } from './registry.ts'

const today = todayInNation()

/**
 * A telco's first load from end to end: its database, the SQL adapter as a process, the registry, everything on this
 * machine, until all rows are visible; against COPY of the same final rows into the same tables.
 * @param rows subscriptions, each with one use of a phone
 */
export async function benchSync({ rows = 1_000_000 }): Promise<object> {
  const bench = await startBenchRegistry()
  try {
    process.stderr.write('filling the telco’s database …\n')
    const source = Object.assign(new URL(bench.superuserUrl), { pathname: '/telco' }).href
    await withClient(bench.superuserUrl, (database) => database.query('CREATE DATABASE telco'))
    await withClient(source, (database) => fillTelco(database, rows))
    const site = { registry: bench.registry, telco: benchTelco, folder: bench.folder }
    const configuration = await writeTelcoConfiguration(site, 'adapter', { database: source })
    const adapter = await runProgram({
      name: 'adapter',
      module: appModule('adapter-sql'),
      arguments: [configuration, '--once'],
      logFile: join(bench.folder, 'adapter.log'),
      environment: {},
      nodeFlags: adapterNodeFlags,
    })
    const startedMs = performance.now()
    const peaks = watchPeaks({ adapter: adapter.pid, api: bench.registry.programs.api.pid })
    await adapter.waitFor('synced')
    const syncMs = Math.round(performance.now() - startedMs)
    const { adapter: adapterPeakMb, api: apiPeakMb } = peaks.stop()
    await adapter.ended
    process.stderr.write(`synced in ${syncMs} ms\n`)
    return await withClient(bench.superuserUrl, async (database) => {
      const bytes = await sizeOfLiveTables(database)
      const copies = [
        await timeCopies(database, copiedTables.subscribers),
        await timeCopies(database, copiedTables.pairings),
      ]
      const copyMs = copies.reduce((sum, { indexedMs }) => sum + indexedMs, 0)
      return {
        subscriptions: rows,
        rows: 2 * rows,
        rowsPerSecond: Math.round((2 * rows) / (syncMs / 1000)),
        ratio: rounded(copyMs / syncMs, 3),
        syncMs,
        copyMs,
        adapterPeakMb,
        apiPeakMb,
        bytesPerSubscription: Math.round(bytes / rows),
        minutesFor50Million: Math.round((syncMs / rows) * (50_000_000 / 60_000)),
        gigabytesFor50Million: Math.round((bytes / rows) * (50_000_000 / 1e9)),
      }
    })
  } finally {
    await bench.stop()
  }
}

async function fillTelco(database: Client, rows: number): Promise<void> {
  await database.query(`
    CREATE TABLE subscriber (msisdn text PRIMARY KEY, national_id text, issuing_country text, ended_on date);
    CREATE TABLE device_use (imei text, imsi text, msisdn text, first_seen date, last_seen date, rat text);
    INSERT INTO subscriber SELECT '601' || lpad(n::text, 8, '0'), '900101-14-' || lpad((n % 10000)::text, 4, '0'), NULL, NULL
      FROM generate_series(1, ${rows}) n;
    INSERT INTO device_use SELECT '35' || lpad((n * 13)::text, 12, '0') || '0', '50212' || lpad(n::text, 10, '0'),
        '601' || lpad(n::text, 8, '0'), date '${today}' - (n % 60)::int, '${today}', '006'
      FROM generate_series(1, ${rows}::bigint) n;
    CREATE INDEX ON device_use (msisdn, imei, imsi)`)
  await database.query('VACUUM ANALYZE')
}

async function sizeOfLiveTables(database: Client): Promise<number> {
  const { rows } = await database.query<{ bytes: string }>(`
    SELECT sum(pg_total_relation_size(tree.relid)) AS bytes FROM (
      SELECT relid FROM pg_partition_tree('subscriber') UNION ALL SELECT relid FROM pg_partition_tree('pairing')) tree`)
  return Number(rows[0]?.bytes)
}

const lookMs = 200

/** Watches how much memory processes hold, as Linux tells it; the peaks in megabytes, 0 where nobody tells. */
function watchPeaks<Name extends string>(
  pids: Readonly<Record<Name, number>>,
): { stop(): Record<Name, number> } {
  const peaks = Object.fromEntries(Object.keys(pids).map((name) => [name, 0])) as Record<Name, number>
  const look = async () => {
    for (const [name, pid] of Object.entries(pids) as [Name, number][]) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      const [, kilobytes = '0'] = /VmHWM:\s+(\d+) kB/.exec(status) ?? []
      peaks[name] = Math.max(peaks[name], Math.round(Number(kilobytes) / 1024))
    }
  }
  const timer = setInterval(look, lookMs)
  return {
    stop() {
      clearInterval(timer)
      return peaks
    },
  }
}
