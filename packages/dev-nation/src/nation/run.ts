import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '../postgres/free-port.ts'
import { removeDataFolder } from '../postgres/run-as.ts'
import { startPostgres } from '../postgres/server.ts'
import type { RunningProgram } from '../processes/child.ts'
import { todayInNation } from '../simulator/home.ts'
import { networks } from '../simulator/networks.ts'
import { prepareTelcoDatabase } from '../simulator/telco-database.ts'
import { type RunningRegistry, startRegistry } from '../system/registry.ts'
import { openSecrets } from '../system/secrets.ts'
import { startAdapterProcess, startEdgeProcess } from '../system/telco.ts'
import { type Endpoints, removeEndpoints, writeEndpoints } from './endpoints.ts'
import { checkPorts, lockFolder } from './lock.ts'
import type { NationOptions } from './options.ts'
import { Shutdown } from './shutdown.ts'

/** What became of the first sync of a telco's adapter. */
export type FirstSync = 'synced' | 'held' | 'sync-failed'

/** A nation that runs: registry, and three telcos with database, adapter and edge. */
export interface RunningNation {
  readonly endpoints: Endpoints
  readonly registry: RunningRegistry
  readonly programs: readonly RunningProgram[]
  /** By the telco's code. */
  readonly firstSyncs: ReadonlyMap<string, FirstSync>
  /** Settles with the name of the first program that ends without being asked to. */
  readonly broken: Promise<string>
  /** Stops everything, the database last, within ten seconds. */
  stop(): Promise<void>
  /** Deletes everything that a stopped nation kept. */
  remove(): Promise<void>
}

/** Receives each step as it begins and as it ends. */
export type OnStep = (step: string) => void

/**
 * Starts a nation and waits until every telco has tried to sync once. A feed that an officer must decide over first, and
 * any other failure, is what became of that sync: the nation runs all the same.
 * @param signal gives the start up; what was started is stopped
 * @throws {StartRefusal} when a port is taken or another copy runs
 */
export async function runNation(
  options: NationOptions,
  onStep: OnStep,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunningNation> {
  const folder = resolve(options.folder)
  const shutdown = new Shutdown()
  const starting = startAll(options, { folder, shutdown, signal, onStep })
  // What a start waits for may know nothing of the signal; it must not outlive the nation all the same.
  starting.catch(() => {}).finally(() => signal.aborted && shutdown.run())
  try {
    return await Promise.race([starting, rejectOnAbort(signal)])
  } catch (error) {
    if (signal.aborted)
      await Promise.race([starting.catch(() => {}), delay(unwindMs, undefined, { ref: false })])
    await shutdown.run()
    throw error
  }
}

/** How long a start that is given up may take to stop by itself what it has just begun. */
const unwindMs = 2000

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
  })
}

/** What a nation is started with. */
interface Start {
  readonly folder: string
  readonly shutdown: Shutdown
  readonly signal: AbortSignal
  readonly onStep: OnStep
}

async function startAll(options: NationOptions, start: Start): Promise<RunningNation> {
  const { folder, shutdown } = start
  shutdown.last(await lockFolder(folder))
  await checkPorts(options.ports)
  if (options.isFresh) await emptyFolder(folder)
  return startParts(options, start)
}

async function startParts(options: NationOptions, start: Start): Promise<RunningNation> {
  const { folder, shutdown, signal } = start
  const onStep = (step: string) => {
    signal.throwIfAborted()
    start.onStep(step)
  }
  onStep('PostgreSQL')
  const superuserUrl = options.databaseUrl ?? (await startEmbedded(folder, shutdown))
  const plan = { seed: options.seed, subscriptions: options.subscriptions, today: await readFirstDay(folder) }

  const registry = await startRegistry({
    folder,
    superuserUrl,
    databaseName: 'registry',
    ports: options.ports,
    telcos: networks.map(({ telco, name }) => ({ code: telco, name })),
    onStep: (step) => onStep(`registry: ${step}`),
    signal,
  })
  shutdown.first(() => registry.stop())

  const programs: RunningProgram[] = Object.values(registry.programs)
  const firstSyncs = new Map<string, FirstSync>()
  for (const [index, { telco, name }] of networks.entries()) {
    onStep(`${name}: subscriber database`)
    const { url } = await prepareTelcoDatabase(superuserUrl, telco, plan)
    const site = { registry, telco, folder: join(folder, telco), signal }
    onStep(`${name}: edge`)
    const edge = await startEdgeProcess(site, { port: options.ports.edges[index] ?? 0 })
    shutdown.first(() => edge.stop())
    onStep(`${name}: adapter, first sync`)
    const adapter = await startAdapterProcess(site, url)
    shutdown.first(() => adapter.stop())
    firstSyncs.set(telco, await adapter.waitForFirst(['synced', 'held', 'sync-failed']))
    programs.push(edge, adapter)
  }
  const endpoints = await writeEndpoints(registry, options, plan.today)
  shutdown.first(() => removeEndpoints(folder))

  const broken = Promise.race(programs.map(({ name, ended }) => ended.then(() => name)))
  const remove = async () => {
    await emptyFolder(folder)
    await rm(folder, { recursive: true })
  }
  return { endpoints, registry, programs, firstSyncs, broken, stop: () => shutdown.run(), remove }
}

async function startEmbedded(folder: string, shutdown: Shutdown): Promise<string> {
  const { superuser } = await openSecrets(folder)
  const server = await startPostgres({
    dataFolder: join(folder, 'postgres'),
    port: await findFreePort(),
    password: superuser,
  })
  shutdown.second((remainingMs) => server.stop(remainingMs))
  return server.url()
}

/** The simulated nation's first day: its people and phones are told relative to it, at every later start too. */
async function readFirstDay(folder: string): Promise<string> {
  const path = join(folder, 'simulation-day')
  const known = await readFile(path, 'utf8').catch(() => undefined)
  if (known) return known.trim()
  const today = todayInNation()
  await writeFile(path, today)
  return today
}

async function emptyFolder(folder: string): Promise<void> {
  await removeDataFolder(join(folder, 'postgres'))
  for (const name of await readdir(folder))
    if (name !== 'running.pid') await rm(join(folder, name), { recursive: true, force: true })
}
