import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, listedImei, runProgram, startPreparedEdge } from '@pcbs/dev-nation'
import { percentile, rounded } from '../statistics.ts'
import { measureRate, openSession } from './http2-load.ts'

const rounds = 7
const concurrency = 100

/**
 * N5g-eir checks per second of one edge, against a bare HTTP/2 server that answers a constant: same client,
 * same requests, in turns, each server in a process of its own.
 */
export async function benchCheck({ entries = 1_000_000, requests = 20_000 }): Promise<object> {
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
  try {
    const [edgeSession, bareSession] = [await openSession(port), await openSession(barePort)]
    // Every other phone is listed; each comes with a SIM, as an AMF sends it.
    const paths = Array.from({ length: requests }, (_, index) => {
      const imei = index % 2 === 0 ? listedImei((index * 7919) % entries) : '86000000000000'
      return `/n5g-eir-eic/v1/equipment-status?pei=imeisv-${imei}01&supi=imsi-502121234567890`
    })
    const [edgeRates, bareRates, ratios]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round < rounds; round++) {
      const bareRate = await measureRate(bareSession, paths, concurrency)
      const edgeRate = await measureRate(edgeSession, paths, concurrency)
      process.stderr.write(`edge ${Math.round(edgeRate)}/s, bare ${Math.round(bareRate)}/s\n`)
      // The first round warms both up.
      if (round === 0) continue
      edgeRates.push(edgeRate)
      bareRates.push(bareRate)
      ratios.push(edgeRate / bareRate)
    }
    edgeSession.close()
    bareSession.close()
    return {
      entries,
      ratio: rounded(percentile(ratios, 0.5), 3),
      edgePerSecond: Math.round(percentile(edgeRates, 0.5)),
      barePerSecond: Math.round(percentile(bareRates, 0.5)),
      coldStartMs: Math.round(startedInMs),
    }
  } finally {
    await Promise.all([edge.stop(), bare.stop()])
    await rm(folder, { recursive: true })
  }
}
