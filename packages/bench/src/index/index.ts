import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { listedImei, writeListedSnapshot } from '@pcbs/dev-nation'
import { RedisClient } from '../redis/client.ts'
import { fillRedis, redisKey, startRedis } from '../redis/server.ts'
import { rounded } from '../statistics.ts'

const run = promisify(execFile)

/** What was seen of one structure; `cannot` where it does not hold so many. */
type Seen =
  | { readonly bytesPerEntry: number; readonly nsPerLookup: number; readonly loadMs: number }
  | { readonly cannot: string }

/** Redis is filled with no more than this: it takes gigabytes. */
const mostInRedis = 10_000_000

/**
 * The edge's table from a snapshot's file, a JavaScript Set, and Redis where it is installed: growth of the whole process
 * for each entry, time of a lookup, time to fill. Each structure in a process of its own.
 */
export async function benchIndex(
  _options: Readonly<Record<string, number>>,
  { entries = [10_000_000, 50_000_000] }: Readonly<Record<string, readonly number[]>>,
): Promise<object> {
  const results: object[] = []
  const tables: { bytesPerEntry: number; nsPerLookup: number; loadMs: number }[] = []
  for (const count of entries) {
    const folder = await mkdtemp(join(tmpdir(), 'pcbs-bench-'))
    try {
      const file = join(folder, 'list.snapshot')
      await writeListedSnapshot(file, count)
      const table = await probe('table', count, file)
      if ('cannot' in table) throw new Error(table.cannot)
      tables.push(table)
      const seen = {
        entries: count,
        table,
        set: await probe('set', count, file),
        redis: await probeRedis(count),
      }
      process.stderr.write(`${JSON.stringify(seen)}\n`)
      results.push(seen)
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const worst = (of: (table: (typeof tables)[number]) => number) => Math.max(...tables.map(of))
  return {
    bytesPerEntry: worst(({ bytesPerEntry }) => bytesPerEntry),
    nsPerLookup: worst(({ nsPerLookup }) => nsPerLookup),
    loadMs: worst(({ loadMs }) => loadMs),
    results,
  }
}

async function probe(structure: 'table' | 'set', count: number, snapshot: string): Promise<Seen> {
  const program = fileURLToPath(new URL('probe.ts', import.meta.url))
  const flags = ['--expose-gc', '--max-old-space-size=8000']
  const { stdout } = await run(process.execPath, [...flags, program, structure, String(count), snapshot])
  const seen = JSON.parse(stdout) as Seen
  if ('cannot' in seen) return seen
  const { bytesPerEntry, nsPerLookup, loadMs } = seen
  return {
    bytesPerEntry: rounded(bytesPerEntry, 2),
    nsPerLookup: rounded(nsPerLookup, 0),
    loadMs: rounded(loadMs, 0),
  }
}

async function probeRedis(count: number): Promise<Seen> {
  if (count > mostInRedis) return { cannot: `not tried beyond ${mostInRedis}` }
  const redis = await startRedis()
  if (!redis) return { cannot: 'not installed' }
  try {
    const before = await residentBytes(redis.pid)
    const startedMs = performance.now()
    await fillRedis(redis.port, count, listedImei)
    const loadMs = rounded(performance.now() - startedMs, 0)
    const bytesPerEntry = rounded(((await residentBytes(redis.pid)) - before) / count, 2)
    return { bytesPerEntry, nsPerLookup: rounded(await timeLookups(redis.port, count), 0), loadMs }
  } finally {
    await redis.stop()
  }
}

/** A hundred under way at once, as a server would have. */
async function timeLookups(port: number, count: number): Promise<number> {
  const client = await RedisClient.connect(port)
  const [lookups, together] = [200_000, 100]
  const startedMs = performance.now()
  for (let done = 0; done < lookups; done += together)
    await Promise.all(
      Array.from({ length: together }, (_, index) =>
        client.send('SISMEMBER', redisKey, listedImei(((done + index) * 7919) % count)),
      ),
    )
  client.close()
  return ((performance.now() - startedMs) * 1e6) / lookups
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
