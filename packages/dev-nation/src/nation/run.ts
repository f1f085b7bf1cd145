import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
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

/** A nation that runs: registry, and three telcos with database, adapter and edge. */
export interface RunningNation {
  readonly endpoints: Endpoints
  readonly registry: RunningRegistry
  readonly programs: readonly RunningProgram[]
  /** Settles with the name of the first program that ends without being asked to. */
  readonly broken: Promise<string>
  /** Stops everything, the database last. */
  stop(): Promise<void>
  /** Deletes everything that a stopped nation kept. */
  remove(): Promise<void>
}

/** Receives each step as it begins and as it ends. */
export type OnStep = (step: string) => void

/**
 * Starts a nation and waits until every telco has synced once.
 * @throws {StartRefusal} when a port is taken or another copy runs
 */
export async function runNation(options: NationOptions, onStep: OnStep): Promise<RunningNation> {
  const folder = resolve(options.folder)
  const cleanups: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  }
  try {
    cleanups.push(await lockFolder(folder))
    await checkPorts(options.ports)
    if (options.isFresh) await emptyFolder(folder)
    return await startParts(options, folder, onStep, { cleanups, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(
  options: NationOptions,
  folder: string,
  onStep: OnStep,
  { cleanups, stop }: { cleanups: (() => Promise<void>)[]; stop: () => Promise<void> },
): Promise<RunningNation> {
  onStep('PostgreSQL')
  const superuserUrl = options.databaseUrl ?? (await startEmbedded(folder, cleanups))
  const plan = { seed: options.seed, subscriptions: options.subscriptions, today: await readFirstDay(folder) }

  const registry = await startRegistry({
    folder,
    superuserUrl,
    databaseName: 'registry',
    ports: options.ports,
    telcos: networks.map(({ telco, name }) => ({ code: telco, name })),
    onStep: (step) => onStep(`registry: ${step}`),
  })
  cleanups.push(() => registry.stop())

  const programs: RunningProgram[] = Object.values(registry.programs)
  for (const [index, { telco, name }] of networks.entries()) {
    onStep(`${name}: subscriber database`)
    const { url } = await prepareTelcoDatabase(superuserUrl, telco, plan)
    const site = { registry, telco, folder: join(folder, telco) }
    onStep(`${name}: edge`)
    const edge = await startEdgeProcess(site, { port: options.ports.edges[index] ?? 0 })
    cleanups.push(() => edge.stop())
    onStep(`${name}: adapter, first sync`)
    const adapter = await startAdapterProcess(site, url)
    cleanups.push(() => adapter.stop())
    await adapter.waitFor('synced')
    programs.push(edge, adapter)
  }
  const endpoints = await writeEndpoints(registry, options, plan.today)
  cleanups.push(() => removeEndpoints(folder))

  const broken = Promise.race(programs.map(({ name, ended }) => ended.then(() => name)))
  const remove = async () => {
    await emptyFolder(folder)
    await rm(folder, { recursive: true })
  }
  return { endpoints, registry, programs, broken, stop, remove }
}

async function startEmbedded(folder: string, cleanups: (() => Promise<void>)[]): Promise<string> {
  const { superuser } = await openSecrets(folder)
  const server = await startPostgres({
    dataFolder: join(folder, 'postgres'),
    port: await findFreePort(),
    password: superuser,
  })
  cleanups.push(() => server.stop())
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
