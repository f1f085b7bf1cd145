import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { networks } from '../simulator/networks.ts'
import { clientId, type RunningRegistry, type TelcoClient, telcoClients } from '../system/registry.ts'
import type { NationOptions } from './options.ts'

/** How other programs reach a running nation. Keys and passwords stay in their files; here are the paths. */
export interface Endpoints {
  readonly registryUrl: string
  readonly issuerUrl: string
  readonly custodianUrl: string
  /** The public key under which the block list is signed, raw Ed25519 in base64url. */
  readonly listRoot: string
  readonly officers: {
    readonly clientId: string
    readonly ids: readonly string[]
    readonly passwordsFile: string
    /** With which officers sign; auditors sign nothing. */
    readonly keyFiles: readonly string[]
  }
  /** The settings of `pcbs` for this nation, as a shell reads them. */
  readonly environmentFile: string
  /** The transparency log's name. */
  readonly logOrigin: string
  readonly telcos: readonly {
    readonly code: string
    /** N5g-eir over HTTP/2 cleartext with prior knowledge. */
    readonly edgeUrl: string
    readonly adapterConfiguration: string
    readonly clients: readonly {
      readonly id: string
      readonly scopes: readonly string[]
      readonly keyFile: string
    }[]
  }[]
  readonly simulation: { readonly seed: number; readonly subscriptions: number; readonly today: string }
}

const fileName = 'endpoints.json'

/** Writes `endpoints.json`. */
export async function writeEndpoints(
  registry: RunningRegistry,
  options: NationOptions,
  today: string,
): Promise<Endpoints> {
  const folder = resolve(options.folder)
  const endpoints: Endpoints = {
    registryUrl: registry.apiUrl,
    issuerUrl: registry.issuerUrl,
    custodianUrl: registry.custodianUrl,
    listRoot: registry.listRoot,
    officers: {
      clientId: 'officers',
      ids: Object.keys(registry.secrets.officers),
      passwordsFile: join(folder, 'secrets.json'),
      keyFiles: Object.keys(registry.secrets.officers)
        .filter((id) => id.startsWith('officer'))
        .map(registry.officerKeyFile),
    },
    environmentFile: join(folder, 'pcbs.env'),
    logOrigin: `${new URL(registry.apiUrl).host}/pcbs-log`,
    telcos: networks.map(({ telco }, index) => ({
      code: telco,
      edgeUrl: `http://localhost:${options.ports.edges[index]}`,
      adapterConfiguration: join(folder, telco, 'adapter.json'),
      clients: (Object.keys(telcoClients) as TelcoClient[]).map((client) => ({
        id: clientId(telco, client),
        scopes: telcoClients[client],
        keyFile: registry.keyFile(telco, client),
      })),
    })),
    simulation: { seed: options.seed, subscriptions: options.subscriptions, today },
  }
  const environment = {
    PCBS_API_URL: registry.apiUrl,
    PCBS_ISSUER: registry.issuerUrl,
    PCBS_OWNER_DATABASE_URL: registry.ownerUrl,
    PCBS_API_DATABASE_URL: registry.apiDatabaseUrl,
    PCBS_CUSTODIAN_URLS: registry.custodianUrls.join(','),
    PCBS_ADMIN_KEY_FILE: resolve(registry.administrationKeyFile),
    PCBS_CUSTODIAN_KEY_FILE: resolve(registry.registryKeyFile),
  }
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`)
  await writeFile(endpoints.environmentFile, lines.join(''), { mode: 0o600 })
  await writeFile(join(folder, fileName), `${JSON.stringify(endpoints, null, 2)}\n`)
  return endpoints
}

/** The running nation's endpoints, or `undefined` where none runs on this folder. */
export async function findRunningNation(folder: string): Promise<Endpoints | undefined> {
  try {
    const endpoints = JSON.parse(await readFile(join(folder, fileName), 'utf8')) as Endpoints
    const { ok } = await fetch(`${endpoints.registryUrl}/readyz`, { signal: AbortSignal.timeout(2000) })
    return ok ? endpoints : undefined
  } catch {
    return undefined
  }
}

/** Takes the file away when the nation stops. */
export async function removeEndpoints(folder: string): Promise<void> {
  await rm(join(folder, fileName), { force: true })
}
