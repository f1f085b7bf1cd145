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
    environment: { ...apiEnvironment(system, port), ...environment },
  })
  return { url: `http://127.0.0.1:${port}`, program, logFile }
}

/** The settings of an API of this registry. */
export function apiEnvironment({ registry, folder }: TestSystem, port: number): Record<string, string> {
  return {
    PCBS_API_PORT: String(port),
    PCBS_API_URL: registry.apiUrl,
    PCBS_API_DATABASE_URL: registry.ownerUrl.replace('pcbs_owner', 'pcbs_api'),
    PCBS_INGEST_DATABASE_URL: registry.ownerUrl.replace('pcbs_owner', 'pcbs_ingest'),
    PCBS_ISSUER: registry.issuerUrl,
    PCBS_JWKS_URL: `${registry.issuerUrl}/jwks`,
    PCBS_CUSTODIAN_URL: registry.custodianUrl,
    PCBS_SEALING_CUSTODIAN_URLS: registry.custodianUrls.join(','),
    PCBS_CUSTODIAN_KEY_FILE: join(folder, 'keys', 'registry.pem'),
  }
}
