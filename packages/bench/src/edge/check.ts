import { mkdtemp, rm } from 'node:fs/promises'
import type { ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, listedImei, runProgram, startPreparedEdge } from '@pcbs/dev-nation'
import { percentile, rounded } from '../statistics.ts'
import { measureRate, openSession } from './http2-load.ts'
import { measurePaced } from './paced-load.ts'
import { startRivals } from './rivals.ts'

const rounds = 7
const concurrency = 100

/** The first of these seconds warm up; the others are looked at. */
const pace = { perSecond: 5000, warmUpSeconds: 3, seconds: 10 } as const

/**
 * N5g-eir checks per second of one edge with one thread, in turns with a bare HTTP/2 server that answers a constant, and
 * with servers that ask PostgreSQL, and Redis where it is installed, for each check: same client, same requests, same
 * list, each server in a process of its own. Then the time that checks take at 5,000 a second.
 */
export async function benchCheck({ entries = 10_000_000, requests = 20_000 }): Promise<object> {
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
    // Every other phone is listed; each comes with a SIM, as an AMF sends it.
    const paths = Array.from({ length: requests }, (_, index) => {
      const imei = index % 2 === 0 ? listedImei((index * 7919) % entries) : '86000000000000'
      return `/n5g-eir-eic/v1/equipment-status?pei=imeisv-${imei}01&supi=imsi-502121234567890`
    })
    const sessions: Record<string, ClientHttp2Session> = {
      bare: await openSession(barePort),
      edge: await openSession(port),
    }
    for (const rival of rivals) sessions[rival.name] = await openSession(rival.port)
    const rates = await measureInTurns(sessions, paths)
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
    const paced = [sessions.edge as ClientHttp2Session]
    await measurePaced(paced, paths, { perSecond: pace.perSecond, seconds: pace.warmUpSeconds })
    const times = await measurePaced(paced, paths, pace)
    for (const session of Object.values(sessions)) session.close()
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

async function measureInTurns(
  sessions: Readonly<Record<string, ClientHttp2Session>>,
  paths: readonly string[],
): Promise<Readonly<Record<string, readonly number[]>>> {
  const rates: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++) {
    const words: string[] = []
    for (const [name, session] of Object.entries(sessions)) {
      const rate = await measureRate(session, paths, concurrency)
      words.push(`${name} ${Math.round(rate)}/s`)
      // The first round warms them up.
      if (round > 0) rates[name] = [...(rates[name] ?? []), rate]
    }
    process.stderr.write(`${words.join(', ')}\n`)
  }
  return rates
}
