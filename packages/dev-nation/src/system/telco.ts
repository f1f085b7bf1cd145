import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunningProgram, runProgram } from '../processes/child.ts'
import { simulatedHome } from '../simulator/home.ts'
import { appModule } from './app-module.ts'
import { clientId, type RunningRegistry, type TelcoClient } from './registry.ts'

/** Where a telco's processes keep what is theirs, and which registry they know. */
export interface TelcoSite {
  readonly registry: RunningRegistry
  readonly telco: string
  readonly folder: string
  /** Gives the start of its processes up. */
  readonly signal?: AbortSignal | undefined
}

/** Writes the configuration of one of a telco's processes; gives its path. */
export async function writeTelcoConfiguration(
  { registry, telco, folder }: TelcoSite,
  client: TelcoClient,
  settings: Readonly<Record<string, string>>,
  name: string = client,
): Promise<string> {
  const path = join(folder, `${name}.json`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const configuration = {
    telco,
    registryUrl: registry.apiUrl,
    issuerUrl: registry.issuerUrl,
    custodianUrl: registry.custodianUrl,
    clientId: clientId(telco, client),
    keyFile: registry.keyFile(telco, client),
    listRoot: registry.listRoot,
    home: simulatedHome,
    stateFolder: `${name}-state`,
    settings,
  }
  await writeFile(path, JSON.stringify(configuration, null, 2), { mode: 0o600 })
  return path
}

/** How an edge of a telco is started. */
export interface EdgePlan {
  readonly port: number
  /** It speaks S13 too where this is given. */
  readonly s13Port?: number
  readonly name?: string
  /** Its own settings beside these. */
  readonly settings?: Readonly<Record<string, string>>
  readonly nodeFlags?: readonly string[]
}

/** Starts an edge of a telco. */
export async function startEdgeProcess(
  site: TelcoSite,
  { port, s13Port, name = 'edge-1', settings = {}, nodeFlags = [] }: EdgePlan,
): Promise<RunningProgram> {
  const s13 = s13Port !== undefined && {
    s13Port: String(s13Port),
    s13OriginHost: `${name}.${site.telco}.test`,
    s13OriginRealm: `${site.telco}.test`,
  }
  const configuration = await writeTelcoConfiguration(
    site,
    'edge',
    { port: String(port), name, ...s13, ...settings },
    name,
  )
  return runProgram({
    name: `${site.telco} ${name}`,
    module: appModule('edge'),
    arguments: [configuration],
    logFile: join(site.folder, 'logs', `${name}.log`),
    environment: {},
    nodeFlags,
    signal: site.signal,
  })
}

/** An adapter leaves much behind quickly and little for long: with a small nursery it needs half the memory. */
export const adapterNodeFlags: readonly string[] = ['--max-semi-space-size=8']

/** Starts a telco's adapter over its database. */
export async function startAdapterProcess(site: TelcoSite, database: string): Promise<RunningProgram> {
  const configuration = await writeTelcoConfiguration(site, 'adapter', { database })
  return runProgram({
    name: `${site.telco} adapter`,
    module: appModule('adapter-sql'),
    arguments: [configuration],
    logFile: join(site.folder, 'logs', 'adapter.log'),
    environment: {},
    nodeFlags: adapterNodeFlags,
    signal: site.signal,
  })
}
