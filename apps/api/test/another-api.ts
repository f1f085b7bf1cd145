import { join } from 'node:path'
import { appModule, findFreePort, type RunningProgram, runProgram } from '@pcbs/dev-nation'
import type { TestSystem } from './harness.ts'

/** A further API of a registry, on the same database. */
export interface AnotherApi {
  readonly url: string
  readonly program: RunningProgram
  readonly logFile: string
}

/** Starts one. Its clients reach it by the name of the first, as behind a load balancer. */
export async function startAnotherApi(
  system: TestSystem,
  environment: Readonly<Record<string, string>> = {},
): Promise<AnotherApi> {
  const port = await findFreePort()
  const logFile = join(system.folder, 'logs', `api-${port}.log`)
  const program = await runProgram({
    name: 'another API',
    module: appModule('api'),
    logFile,
    environment: { ...system.registry.apiEnvironment(port), ...environment },
  })
  return { url: `http://127.0.0.1:${port}`, program, logFile }
}
