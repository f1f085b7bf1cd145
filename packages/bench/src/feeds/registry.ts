import { createPrivateKey, type KeyObject } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  clientId,
  findFreePort,
  findRegistryPorts,
  type RunningRegistry,
  startPostgres,
  startRegistry,
} from '@pcbs/dev-nation'
import { createRegistryClient, type RegistryClient } from '@pcbs/sdk'

/** A registry with one telco on a PostgreSQL of its own, as durable as in production. */
export interface BenchRegistry {
  readonly registry: RunningRegistry
  readonly superuserUrl: string
  /** For whatever the bench leaves behind; deleted at the end. */
  readonly folder: string
  readonly client: RegistryClient
  /** The telco's key, of its client and its manifests. */
  readonly privateKey: KeyObject
  stop(): Promise<void>
}

/** The telco of every feed bench. */
export const benchTelco = 'telco-a'

/** Starts it. */
export async function startBenchRegistry(): Promise<BenchRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-bench-'))
  const postgres = await startPostgres({
    dataFolder: join(tmpdir(), `pcbs-bench-postgres-${process.pid}`),
    port: await findFreePort(),
    password: 'bench',
  })
  const registry = await startRegistry({
    folder,
    superuserUrl: postgres.url(),
    databaseName: 'registry',
    ports: await findRegistryPorts(),
    telcos: [{ code: benchTelco, name: 'Telco A' }],
  })
  const privateKey = createPrivateKey(await readFile(registry.keyFile(benchTelco, 'adapter')))
  const client = await createRegistryClient({
    registryUrl: registry.apiUrl,
    issuerUrl: registry.issuerUrl,
    scopes: ['feeds'],
    clientId: clientId(benchTelco, 'adapter'),
    privateKey,
  })
  return {
    registry,
    superuserUrl: postgres.url('registry'),
    folder,
    client,
    privateKey,
    async stop() {
      await registry.stop()
      await postgres.remove()
      await rm(folder, { recursive: true })
    },
  }
}
