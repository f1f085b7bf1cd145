import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  askEquipmentStatus,
  Desk,
  findFreePort,
  findRegistryPorts,
  lineAt,
  type RunningNation,
  type RunningProgram,
  runNation,
  startEdgeProcess,
} from '@pcbs/dev-nation'
import { openSession } from '../edge/http2-load.ts'
import { percentile, rounded } from '../statistics.ts'
import { measureColdStart } from './cold-start.ts'
import { appliedAtMs, readApplied } from './edge-logs.ts'

const telcos = ['telco-a', 'telco-b', 'telco-c'] as const

/** The first three seconds warm everything up. */
const warmUpBlocks = 60

/** A block that was asked for. */
interface Block {
  readonly imei: string
  readonly caseId: string
  /** When the report was sent, and when the registry had decided, epoch milliseconds. */
  readonly sentAtMs: number
  readonly decidedAtMs: number
}

/** An edge of the bench. */
interface BenchEdge {
  readonly port: number
  readonly logFile: string
}

/**
 * From the decision to the last edge that refuses the phone, over a nation of real processes at so many blocks a second.
 * The clock starts when the report is sent, so the decision itself is in the figure, and stops when the last edge's
 * threads all answer by it; at the end every edge is asked about every phone. Then an edge that has nothing starts with a
 * list of `entries` phones.
 */
export async function benchPropagation({
  blocks = 200,
  edges = 30,
  perSecond = 20,
  entries = 10_000_000,
}): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-bench-'))
  const ports = {
    ...(await findRegistryPorts()),
    edges: [await findFreePort(), await findFreePort(), await findFreePort()] as const,
  }
  const nation = await runNation(
    { folder, isFresh: false, ports, seed: 1, subscriptions: 9000, databaseUrl: undefined },
    () => {},
  )
  const more: RunningProgram[] = []
  try {
    const all = await startEdges(nation, { folder, first: ports.edges, count: edges, more })
    process.stderr.write(`${all.length} edges run\n`)
    const asked = await askForBlocks(nation, { count: blocks + warmUpBlocks, perSecond })
    await settle(all)
    const times = (await measureTimes(nation, all, asked)).slice(warmUpBlocks)
    await checkAll(all, asked)
    const decisions = asked.slice(warmUpBlocks).map(({ sentAtMs, decidedAtMs }) => decidedAtMs - sentAtMs)
    return {
      blocks: times.length,
      edges: all.length,
      perSecond,
      p50Ms: rounded(percentile(times, 0.5), 1),
      p99Ms: rounded(percentile(times, 0.99), 1),
      maxMs: rounded(Math.max(...times), 1),
      decisionP50Ms: rounded(percentile(decisions, 0.5), 1),
      decisionP99Ms: rounded(percentile(decisions, 0.99), 1),
      ...(entries > 0 && { entries, ...(await stopAndColdStart(nation, more, entries)) }),
    }
  } finally {
    await Promise.all(more.map((edge) => edge.stop()))
    await nation.stop()
    await nation.remove()
  }
}

async function startEdges(
  { registry }: RunningNation,
  {
    folder,
    first,
    count,
    more,
  }: { folder: string; first: readonly number[]; count: number; more: RunningProgram[] },
): Promise<readonly BenchEdge[]> {
  const edges = first.slice(0, count).map((port, index): BenchEdge => {
    return { port, logFile: join(folder, telcos[index] ?? '', 'logs', 'edge-1.log') }
  })
  while (edges.length < count) {
    const telco = telcos[edges.length % telcos.length] as string
    const site = { registry, telco, folder: join(folder, telco) }
    const name = `edge-${edges.length + 1}`
    const port = await findFreePort()
    more.push(await startEdgeProcess(site, { port, name }))
    edges.push({ port, logFile: join(site.folder, 'logs', `${name}.log`) })
  }
  return edges
}

/** Reports stolen phones at a steady pace, whether or not those before are answered. */
async function askForBlocks(
  { endpoints }: RunningNation,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<readonly Block[]> {
  const desks = new Map<string, Desk>()
  for (const telco of telcos) desks.set(telco, await Desk.open(endpoints, telco))
  const asked: Promise<Block | undefined>[] = []
  const startedMs = performance.now()
  for (let index = 0; asked.length < count; index++) {
    const line = lineAt(endpoints.simulation, index)
    const phone = line.uses.at(-1)
    const desk = desks.get(line.telco)
    if (!phone || !desk) continue
    await delay(Math.max(0, startedMs + (asked.length / perSecond) * 1000 - performance.now()))
    const sentAtMs = Date.now()
    asked.push(
      desk.reportPhone(line.subscriber, phone.imei).then(({ state, id, imeis: [imei = ''] }) =>
        // A clone waits for an officer: not a block.
        state === 'blocked' ? { imei, caseId: id, sentAtMs, decidedAtMs: Date.now() } : undefined,
      ),
    )
  }
  return (await Promise.all(asked)).filter((block) => block !== undefined)
}

const patienceMs = 30_000

/** Waits until every edge has the newest change. */
async function settle(edges: readonly BenchEdge[]): Promise<void> {
  const seq = await newestSeq(edges)
  const deadline = performance.now() + patienceMs
  for (const { logFile } of edges)
    while (appliedAtMs(await readApplied(logFile), seq) === Number.POSITIVE_INFINITY) {
      if (performance.now() > deadline) throw new Error('an edge did not follow')
      await delay(50)
    }
}

/** The newest sequence that any edge has seen, once nothing more comes. */
async function newestSeq(edges: readonly BenchEdge[]): Promise<number> {
  await delay(2000)
  const logs = await Promise.all(edges.map(({ logFile }) => readApplied(logFile)))
  return Math.max(0, ...logs.map((log) => log.at(-1)?.seq ?? 0))
}

/** For each block, the time from its report to the last edge. */
async function measureTimes(
  { endpoints }: RunningNation,
  edges: readonly BenchEdge[],
  blocks: readonly Block[],
): Promise<readonly number[]> {
  const logs = await Promise.all(edges.map(({ logFile }) => readApplied(logFile)))
  const desks = new Map<string, Desk>()
  for (const telco of telcos) desks.set(telco, await Desk.open(endpoints, telco))
  const times: number[] = []
  for (const { caseId, sentAtMs } of blocks) {
    const seq = await findSeq([...desks.values()], caseId)
    times.push(Math.max(...logs.map((log) => appliedAtMs(log, seq))) - sentAtMs)
  }
  return times
}

/** The sequence of a case's change; the telco that filed the case may ask. */
async function findSeq(desks: readonly Desk[], caseId: string): Promise<number> {
  for (const { client } of desks) {
    const { data } = await client.GET('/v1/enforcement', { params: { query: { caseId } } })
    if (data?.seq !== undefined) return data.seq
  }
  throw new Error('a case that blocked has no change on the list')
}

/** Asks every edge about every phone: what their logs say is what they answer. */
async function checkAll(edges: readonly BenchEdge[], blocks: readonly Block[]): Promise<void> {
  for (const { port } of edges) {
    const session = await openSession(port)
    for (const { imei } of blocks)
      if ((await askEquipmentStatus(session, `imei-${imei}`)) !== 'BLACKLISTED')
        throw new Error('an edge does not refuse a blocked phone')
    session.close()
  }
}

async function stopAndColdStart(
  nation: RunningNation,
  more: RunningProgram[],
  entries: number,
): Promise<object> {
  await Promise.all(more.splice(0).map((edge) => edge.stop()))
  await nation.stop()
  return measureColdStart(entries)
}
