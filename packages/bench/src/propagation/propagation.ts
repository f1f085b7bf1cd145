import { mkdtemp } from 'node:fs/promises'
import type { ClientHttp2Session } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  askEquipmentStatus,
  Desk,
  findFreePort,
  findRegistryPorts,
  lineAt,
  runNation,
  startEdgeProcess,
} from '@pcbs/dev-nation'
import { openSession } from '../edge/http2-load.ts'
import { percentile, rounded } from '../statistics.ts'

/**
 * From the decision to the last edge that refuses the phone, over a nation of real processes. The clock starts
 * when the report is sent, so the decision itself is in the figure, and stops when the last edge has answered
 * BLACKLISTED to a check.
 */
export async function benchPropagation({ blocks = 200, edges = 3 }): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-bench-'))
  const ports = {
    ...(await findRegistryPorts()),
    edges: [await findFreePort(), await findFreePort(), await findFreePort()] as const,
  }
  const nation = await runNation(
    { folder, isFresh: false, ports, seed: 1, subscriptions: 6000, databaseUrl: undefined },
    () => {},
  )
  const more: Awaited<ReturnType<typeof startEdgeProcess>>[] = []
  try {
    const edgePorts: number[] = [...ports.edges]
    const site = { registry: nation.registry, telco: 'telco-a', folder: join(folder, 'telco-a') }
    while (edgePorts.length < edges) {
      const port = await findFreePort()
      more.push(await startEdgeProcess(site, { port, name: `edge-${edgePorts.length + 1}` }))
      edgePorts.push(port)
    }
    const sessions = await Promise.all(edgePorts.map(openSession))
    const desk = await Desk.open(nation.endpoints, 'telco-a')
    const times: number[] = []
    for (let index = 0; times.length < blocks; index++) {
      const line = lineAt(nation.endpoints.simulation, index)
      const phone = line.uses.at(-1)
      if (line.telco !== 'telco-a' || !phone) continue
      const sentMs = performance.now()
      const { state, imeis } = await desk.reportPhone(line.subscriber, phone.imei)
      // A clone waits for an officer: not a block.
      if (state !== 'blocked') continue
      await Promise.all(sessions.map((session) => untilRefused(session, imeis[0] ?? '')))
      times.push(performance.now() - sentMs)
    }
    for (const session of sessions) session.close()
    return {
      blocks,
      edges,
      p50Ms: rounded(percentile(times, 0.5), 1),
      p99Ms: rounded(percentile(times, 0.99), 1),
      maxMs: rounded(Math.max(...times), 1),
    }
  } finally {
    await Promise.all(more.map((edge) => edge.stop()))
    await nation.stop()
    await nation.remove()
  }
}

const patienceMs = 30_000

async function untilRefused(session: ClientHttp2Session, imei: string): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline) {
    if ((await askEquipmentStatus(session, `imei-${imei}`)) === 'BLACKLISTED') return
    await delay(1)
  }
  throw new Error('an edge did not refuse a blocked phone')
}
