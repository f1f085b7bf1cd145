import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, listedImei, runProgram, startPreparedEdge } from '@pcbs/dev-nation'
import { percentile, rounded } from '../statistics.ts'
import { FrameClient, getBlock, measureRate } from './http2-frames.ts'
import { measurePaced } from './paced-load.ts'
import { startRivals } from './rivals.ts'

const rounds = 7
const concurrency = 100

const pace = { perSecond: 5000, warmUpSeconds: 3, seconds: 10 } as const

/**
 * N5g-eir checks per second of one edge with one thread, in turns with a bare HTTP/2 server that answers a constant, and
 * with servers that ask PostgreSQL, and Redis where it is installed, for each check: same client, same requests, same
 * list, each server in a process of its own. Then the time that checks take at 5,000 a second.
 */
export async function benchCheck({ entries = 10_000_000, requests = 60_000 }): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-bench-'))
  const barePort = await findFreePort()
  const { edge, port, startedInMs } = await startPreparedEdge(folder, entries)
  const bare = await runProgram({
    name: 'bare server',
    module: new URL('./bare-server.ts', import.meta.url),
    arguments: [String(barePort)],
    logFile: join(folder, 'bare.log'),
    environment: {},
  })
  process.stderr.write('filling PostgreSQL and, where it is installed, Redis\n')
  const rivals = await startRivals(folder, entries)
  try {
    const blocks = Array.from({ length: requests }, (_, index) => getBlock(checkPath(index, entries)))
    const clients: Record<string, FrameClient> = {
      bare: await FrameClient.connect(barePort),
      edge: await FrameClient.connect(port),
    }
    for (const rival of rivals) clients[rival.name] = await FrameClient.connect(rival.port)
    const rates = await measureInTurns(clients, blocks)
    const ratioTo = (name: string) =>
      rates[name] &&
      rounded(
        percentile(
          rates[name].map((rate, round) => (rates.edge?.[round] ?? 0) / rate),
          0.5,
        ),
        3,
      )
    const perSecond = (name: string) => rates[name] && Math.round(percentile(rates[name], 0.5))
    for (const client of Object.values(clients)) client.close()
    const times = await measureEdgeAtPace(port, blocks)
    return {
      entries,
      ratio: ratioTo('bare'),
      ratioToPostgres: ratioTo('postgres'),
      ratioToRedis: ratioTo('redis') ?? 'not installed',
      edgePerSecond: perSecond('edge'),
      barePerSecond: perSecond('bare'),
      postgresPerSecond: perSecond('postgres'),
      redisPerSecond: perSecond('redis') ?? 'not installed',
      pacedPerSecond: pace.perSecond,
      p50Ms: rounded(percentile(times, 0.5), 2),
      p99Ms: rounded(percentile(times, 0.99), 2),
      coldStartMs: Math.round(startedInMs),
    }
  } finally {
    await Promise.all([edge.stop(), bare.stop(), ...rivals.map((rival) => rival.stop())])
    await rm(folder, { recursive: true })
  }
}

/** One phone in a hundred is listed, more than any network sees; each comes with a SIM, as an AMF sends it. */
function checkPath(index: number, entries: number): string {
  const place = (index * 7919) % entries
  const imei = Number(listedImei(place)) + (index % 100 === 0 ? 0 : 1)
  return `/n5g-eir-eic/v1/equipment-status?pei=imeisv-${imei}01&supi=imsi-502121234567890`
}

async function measureEdgeAtPace(port: number, blocks: readonly Buffer[]): Promise<readonly number[]> {
  const { perSecond, warmUpSeconds, seconds } = pace
  const warmUp = await FrameClient.connect(port)
  await measurePaced(warmUp, blocks, { perSecond, seconds: warmUpSeconds })
  warmUp.close()
  const client = await FrameClient.connect(port)
  const times = await measurePaced(client, blocks, { perSecond, seconds })
  client.close()
  return times
}

async function measureInTurns(
  clients: Readonly<Record<string, FrameClient>>,
  blocks: readonly Buffer[],
): Promise<Readonly<Record<string, readonly number[]>>> {
  const rates: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++) {
    const words: string[] = []
    for (const [name, client] of Object.entries(clients)) {
      const rate = await measureRate(client, blocks, concurrency)
      words.push(`${name} ${Math.round(rate)}/s`)
      // The first round warms them up.
      if (round > 0) rates[name] = [...(rates[name] ?? []), rate]
    }
    process.stderr.write(`${words.join(', ')}\n`)
  }
  return rates
}
