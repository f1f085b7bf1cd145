import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { findFreePort } from '../src/postgres/free-port.ts'
import { removeDataFolder } from '../src/postgres/run-as.ts'
import { startPostgres } from '../src/postgres/server.ts'

/** One real PostgreSQL for the whole run; every test file makes databases of its own on it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataFolder = join(tmpdir(), `pcbs-test-${process.pid}`)
  const server = await startPostgres({
    dataFolder,
    port: await findFreePort(),
    password: 'test',
    // Tests ask whether it works, not whether it survives a power cut.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  })
  project.provide('postgresUrl', server.url())
  return async () => {
    await server.stop()
    await removeDataFolder(dataFolder)
  }
}
