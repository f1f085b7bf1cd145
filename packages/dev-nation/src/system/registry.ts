import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addTelco, addTelcoKey, listTelcos, openStore } from '@pcbs/store'
import { hashPassword } from '../authorization-server/passwords.ts'
import type { AuthorizationSettings } from '../authorization-server/settings.ts'
import { findFreePort } from '../postgres/free-port.ts'
import { prepareRegistryDatabase, type RolePasswords } from '../postgres/registry-database.ts'
import { type RunningProgram, runProgram } from '../processes/child.ts'
import {
  type AdministrationPlan,
  type PolicyPlan,
  publishPolicy,
  rotateKeys,
  verifyDatabase,
} from './administration.ts'
import { appModule } from './app-module.ts'
import { startCustodians } from './custodians.ts'
import { openIdentity } from './identities.ts'
import { openSecrets, type Secrets } from './secrets.ts'

/** A telco that takes part, with the clients that it signs in with. */
export interface TelcoPlan {
  readonly code: string
  readonly name: string
}

/** What makes one registry. */
export interface RegistryPlan {
  /** Keys, logs and settings lie here. */
  readonly folder: string
  readonly superuserUrl: string
  readonly databaseName: string
  /** Roles belong to the whole database server, so registries on one server share their passwords. */
  readonly rolePasswords?: RolePasswords
  readonly ports: {
    readonly api: number
    readonly authorization: number
    readonly custodian: number
    /** Of a second custodian: without both nothing opens that is sealed. One custodian where left out. */
    readonly secondCustodian?: number
  }
  /** What is collected, as the file of `pcbs policy publish` says it; nothing is sealed where left out. */
  readonly policy?: PolicyPlan
  /** Where the API is reached; its own port on this machine where left out. */
  readonly publicUrl?: string
  readonly telcos: readonly TelcoPlan[]
  /** Settings of the API beside ours. */
  readonly apiEnvironment?: Readonly<Record<string, string>>
  readonly onStep?: (step: string) => void
  /** Gives the start up. */
  readonly signal?: AbortSignal | undefined
}

/** A registry that runs: database, custodian, authorization server, API. */
export interface RunningRegistry {
  readonly apiUrl: string
  readonly issuerUrl: string
  readonly custodianUrl: string
  /** All that records are sealed to, the main one first. */
  readonly custodianUrls: readonly string[]
  /** What every edge checks the block list against. */
  readonly listRoot: string
  readonly ownerUrl: string
  readonly apiDatabaseUrl: string
  /** The key with which the API asks the custodian. */
  readonly registryKeyFile: string
  /** The key with which the administration asks the custodian. */
  readonly administrationKeyFile: string
  readonly secrets: Secrets
  readonly programs: {
    custodian: RunningProgram
    secondCustodian?: RunningProgram
    readonly authorization: RunningProgram
    api: RunningProgram
    secondApi?: RunningProgram
  }
  /** The key file of a telco's client: `adapter`, `edge` or `desk`. */
  keyFile(telco: string, client: TelcoClient): string
  /** The file of an officer's own key, with which they sign. In production it is with the officer alone. */
  officerKeyFile(officer: string): string
  /** Takes the next token keys, or the next key of the log, into use, as the custodian's keeper does. */
  rotateKeys(which: 'tokens' | 'log'): Promise<void>
  /** Publishes a collection policy, as the administration does. */
  publishPolicy(policy: PolicyPlan): Promise<void>
  /** Holds everything in the database that must agree against each other: what `pcbs db verify` says. */
  verifyDatabase(): Promise<readonly string[]>
  /** The settings of an API of this registry that listens on this port. */
  apiEnvironment(port: number): Readonly<Record<string, string>>
  stop(): Promise<void>
  /** Starts the API anew after it was stopped or killed. */
  startApi(): Promise<RunningProgram>
  /** Starts one more API on the same database, on a port of its own; it stops with the registry. */
  startSecondApi(): Promise<SecondApi>
  /** The same for the main custodian. */
  startCustodian(): Promise<RunningProgram>
  /** The same for the second one, where there is one. */
  startSecondCustodian(): Promise<void>
}

/** One more API beside the first. Clients know both by the first one's address, as behind a load balancer. */
export interface SecondApi {
  /** Where this process listens. */
  readonly url: string
  readonly program: RunningProgram
}

/** The clients of a telco, each with the scopes of its one job. */
export const telcoClients = {
  adapter: ['feeds', 'list'],
  edge: ['list', 'hits'],
  desk: ['cases'],
} as const

/** A key of {@link telcoClients}. */
export type TelcoClient = keyof typeof telcoClients

/** The id under which a telco's client is known. */
export function clientId(telco: string, client: TelcoClient): string {
  return `${telco}-${client}`
}

/** Prepares and starts a registry. Where one of its processes does not start, nothing is left running. */
export async function startRegistry(plan: RegistryPlan): Promise<RunningRegistry> {
  const started: RunningProgram[] = []
  try {
    return await startParts(plan, started)
  } catch (error) {
    await Promise.all(started.map((program) => program.stop()))
    throw error
  }
}

async function startParts(plan: RegistryPlan, started: RunningProgram[]): Promise<RunningRegistry> {
  const { folder, ports, signal } = plan
  const onStep = (step: string) => {
    signal?.throwIfAborted()
    plan.onStep?.(step)
  }
  await mkdir(folder, { recursive: true })
  const secrets = await openSecrets(folder)
  const apiUrl = plan.publicUrl ?? `http://localhost:${ports.api}`
  const issuerUrl = `http://localhost:${ports.authorization}`
  const custodianUrl = `http://localhost:${ports.custodian}`
  const keyFile = (telco: string, client: TelcoClient) =>
    join(folder, 'keys', `${clientId(telco, client)}.pem`)

  onStep('database: migrations and roles')
  const database = await prepareRegistryDatabase(
    plan.superuserUrl,
    plan.databaseName,
    plan.rolePasswords ?? secrets.roles,
  )
  onStep('custodian')
  const registryIdentity = await openIdentity(join(folder, 'keys', 'registry.pem'))
  const clients = await Promise.all(
    plan.telcos.flatMap(({ code }) =>
      (Object.keys(telcoClients) as TelcoClient[]).map(async (client) => ({
        id: clientId(code, client),
        telco: code,
        scopes: telcoClients[client],
        client,
        publicKey: (await openIdentity(keyFile(code, client))).publicJwk,
      })),
    ),
  )
  await enrolTelcos(
    database.ownerUrl,
    plan.telcos.map(({ code, name }) => ({
      code,
      name,
      publicKeys: clients
        .filter(({ telco, client }) => telco === code && client === 'adapter')
        .map(({ publicKey }) => Buffer.from(publicKey.x ?? '', 'base64url')),
    })),
  )
  const callersFile = join(folder, 'custodian', 'callers.json')
  const administrationIdentity = await openIdentity(join(folder, 'keys', 'administration.pem'))
  await writePrivate(callersFile, [
    { id: 'registry', role: 'registry', publicKey: registryIdentity.publicJwk },
    { id: 'administration', role: 'administration', publicKey: administrationIdentity.publicJwk },
    ...clients.map(({ id, telco, publicKey }) => ({ id, role: 'telco', telco, publicKey })),
  ])
  const officerKeyFile = (officer: string) => join(folder, 'keys', `${officer}.pem`)
  const officersFile = join(folder, 'custodian', 'officers.json')
  const officers = Object.keys(secrets.officers).filter((id) => id.startsWith('officer'))
  const officerKeys = await Promise.all(
    officers.map(async (id) => ({ id, publicKey: (await openIdentity(officerKeyFile(id))).publicJwk.x })),
  )
  // Whoever was added since stays.
  if (!(await stat(officersFile).catch(() => undefined))) await writePrivate(officersFile, officerKeys)
  const custodians = await startCustodians({ folder, ports, callersFile, officersFile, signal })
  started.push(custodians.main, ...(custodians.second ? [custodians.second] : []))
  const { listRoot, urls: custodianUrls } = custodians
  const administration: AdministrationPlan = {
    folder,
    ownerUrl: database.ownerUrl,
    custodianUrls,
    keyFile: administrationIdentity.keyFile,
  }
  onStep('collection policy')
  await publishPolicy(administration, plan.policy)

  onStep('authorization server')
  const settingsFile = join(folder, 'authorization', 'settings.json')
  const settings: AuthorizationSettings = {
    issuer: issuerUrl,
    port: ports.authorization,
    apiUrl,
    signingKey: secrets.signingKey as never,
    cookieKey: secrets.cookieKey,
    clients,
    officers: Object.entries(secrets.officers).map(([id, password]) => ({
      id,
      password: hashPassword(password),
      scopes: id.startsWith('auditor') ? ['audit'] : ['decide'],
    })),
  }
  await writePrivate(settingsFile, settings)
  const authorization = await runProgram({
    name: 'authorization server',
    module: new URL('../authorization-server/main.ts', import.meta.url),
    logFile: join(folder, 'logs', 'authorization.log'),
    environment: { PCBS_AUTHORIZATION_SETTINGS: settingsFile },
    signal,
  })
  started.push(authorization)

  onStep('API')
  const apiEnvironment = (port: number): Readonly<Record<string, string>> => ({
    PCBS_API_PORT: String(port),
    PCBS_API_URL: apiUrl,
    PCBS_API_DATABASE_URL: database.apiUrl,
    PCBS_INGEST_DATABASE_URL: database.ingestUrl,
    PCBS_ISSUER: issuerUrl,
    PCBS_JWKS_URL: `${issuerUrl}/jwks`,
    PCBS_CUSTODIAN_URL: custodianUrl,
    PCBS_SEALING_CUSTODIAN_URLS: custodianUrls.join(','),
    PCBS_CUSTODIAN_KEY_FILE: registryIdentity.keyFile,
    ...plan.apiEnvironment,
  })
  const startApi = (port = ports.api, logName = 'api') =>
    runProgram({
      name: 'API',
      module: appModule('api'),
      logFile: join(folder, 'logs', `${logName}.log`),
      environment: apiEnvironment(port),
      signal,
    })
  const programs: RunningRegistry['programs'] = {
    custodian: custodians.main,
    ...(custodians.second && { secondCustodian: custodians.second }),
    authorization,
    api: await startApi(),
  }
  return {
    apiUrl,
    issuerUrl,
    custodianUrl,
    custodianUrls,
    listRoot,
    ownerUrl: database.ownerUrl,
    apiDatabaseUrl: database.apiUrl,
    registryKeyFile: registryIdentity.keyFile,
    administrationKeyFile: administrationIdentity.keyFile,
    secrets,
    programs,
    keyFile,
    officerKeyFile,
    publishPolicy: (policy) => publishPolicy(administration, policy),
    rotateKeys: (which) => rotateKeys(folder, which),
    apiEnvironment,
    verifyDatabase: () =>
      verifyDatabase({
        databaseUrl: database.apiUrl,
        custodianUrls,
        keyFile: registryIdentity.keyFile,
      }),
    async startCustodian() {
      programs.custodian = await custodians.startMain()
      return programs.custodian
    },
    async startSecondCustodian() {
      const started = await custodians.startSecond()
      if (started) programs.secondCustodian = started
    },
    async startApi() {
      programs.api = await startApi()
      return programs.api
    },
    async startSecondApi() {
      const port = await findFreePort()
      programs.secondApi = await startApi(port, 'api-2')
      return { url: `http://localhost:${port}`, program: programs.secondApi }
    },
    async stop() {
      const { api, secondApi, authorization: server, secondCustodian: second, custodian: main } = programs
      // All at once: each ends by itself, and what it would still ask of another is refused like any absence.
      await Promise.all([secondApi, api, server, second, main].map((program) => program?.stop()))
    },
  }
}

async function enrolTelcos(
  ownerUrl: string,
  telcos: readonly (TelcoPlan & { readonly publicKeys: readonly Buffer[] })[],
): Promise<void> {
  const store = openStore({ url: ownerUrl, applicationName: 'pcbs-enrol', maxConnections: 1 })
  try {
    const known = await listTelcos(store.db)
    for (const { code, name, publicKeys } of telcos) {
      const id = known.find((telco) => telco.code === code)?.id ?? (await addTelco(store.db, code, name))
      for (const publicKey of publicKeys) await addTelcoKey(store.db, id, publicKey)
    }
  } finally {
    await store.close()
  }
}

async function writePrivate(path: string, content: unknown): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  await writeFile(path, JSON.stringify(content, null, 2), { mode: 0o600 })
}
