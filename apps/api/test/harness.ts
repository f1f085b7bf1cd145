import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Schemas } from '@pcbs/contract'
import {
  clientId,
  findRegistryPorts,
  type PolicyPlan,
  type RunningRegistry,
  signInOfficer,
  simulatedHome,
  startRegistry,
  type TelcoClient,
  telcoClients,
  todayInNation,
  withClient,
} from '@pcbs/dev-nation'
import {
  createRegistryClient,
  encodeSource,
  type FeedSummary,
  fetchTelcoKey,
  identifyClaimant,
  type RegistryClient,
  readPolicy,
  type SourceRows,
  sendFeed,
  type TelcoKey,
} from '@pcbs/sdk'
import { publicKeyFromRaw } from '@pcbs/seal'

/** The telcos of every test. */
export type TestTelco = 'telco-a' | 'telco-b'

/** A customer of the tests. Invented. */
export interface Customer {
  readonly msisdn: string
  readonly nationalId: string
  readonly imsi: string
  readonly name?: string
  readonly address?: string
}

export const home = simulatedHome
/** The nation's day. */
export const today = todayInNation()

/** A registry of real processes on a database of its own, and ways to talk to it. */
export interface TestSystem {
  readonly registry: RunningRegistry
  readonly folder: string
  client(telco: TestTelco, client: TelcoClient): Promise<RegistryClient>
  officerToken(officer?: 'officer-1' | 'officer-2' | 'auditor-1'): Promise<string>
  key(telco: TestTelco): Promise<TelcoKey>
  /** Feeds these uses of phones, each by its customer. */
  feed(
    telco: TestTelco,
    uses: readonly { customer: Customer; imei: string; day?: string }[],
  ): Promise<readonly FeedSummary[]>
  claimant(telco: TestTelco, customer: Customer): Promise<{ subscription: string; ownerTag: number }>
  /** Asks the database as the API's role. */
  query(text: string): Promise<{ readonly rows: readonly Record<string, unknown>[] }>
  /** Everything that the API has logged so far. */
  apiLog(): Promise<string>
  stop(): Promise<void>
}

/** Starts a registry with two telcos. */
export async function startTestSystem(
  superuserUrl: string,
  apiEnvironment: Readonly<Record<string, string>> = {},
  sealing: { readonly policy?: PolicyPlan; readonly secondCustodian?: number } = {},
): Promise<TestSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-api-'))
  const registry = await startRegistry({
    folder,
    superuserUrl,
    databaseName: `api_${randomBytes(6).toString('hex')}`,
    rolePasswords: { owner: 'test', api: 'test', ingest: 'test', audit: 'test' },
    ports: {
      ...(await findRegistryPorts()),
      ...(sealing.secondCustodian && { secondCustodian: sealing.secondCustodian }),
    },
    ...(sealing.policy && { policy: sealing.policy }),
    telcos: [
      { code: 'telco-a', name: 'Telco A' },
      { code: 'telco-b', name: 'Telco B' },
    ],
    apiEnvironment: {
      PCBS_VALIDATE_RESPONSES: 'yes',
      PCBS_PUBLIC_CHECKS_PER_MINUTE: '100000',
      ...apiEnvironment,
    },
  })
  const { apiUrl: registryUrl, issuerUrl, custodianUrl } = registry

  async function identity(telco: TestTelco, client: TelcoClient) {
    return {
      clientId: clientId(telco, client),
      privateKey: createPrivateKey(await readFile(registry.keyFile(telco, client))),
    }
  }

  /** By telco and kind. */
  const lastManifests = new Map<string, string | undefined>()

  const system: TestSystem = {
    registry,
    folder,
    async client(telco, client) {
      const scopes = telcoClients[client]
      return createRegistryClient({ registryUrl, issuerUrl, scopes, ...(await identity(telco, client)) })
    },
    officerToken: (officer = 'officer-1') =>
      signInOfficer({
        issuerUrl,
        apiUrl: registryUrl,
        officer,
        password: registry.secrets.officers[officer],
      }),
    key: async (telco) => fetchTelcoKey({ custodianUrl, ...(await identity(telco, 'adapter')) }),
    async feed(telco, uses) {
      const client = await system.client(telco, 'adapter')
      const key = await system.key(telco)
      const sources = {
        async *subscribers(): AsyncIterable<SourceRows['subscribers']> {
          for (const { imsi, ...person } of new Set(uses.map(({ customer }) => customer)))
            yield { ...person, isActive: true }
        },
        async *pairings(): AsyncIterable<SourceRows['pairings']> {
          for (const { customer, imei, day = today } of uses)
            yield { imei, imsi: customer.imsi, msisdn: customer.msisdn, firstSeen: day, lastSeen: day }
        },
      }
      const summaries: FeedSummary[] = []
      const listRoot = publicKeyFromRaw(registry.listRoot)
      if (!listRoot) throw new Error('the custodian gave no root key')
      const policy = await readPolicy(client, { telco, listRoot })
      for (const kind of ['subscribers', 'pairings'] as const) {
        const period = { from: '2020-01-01', to: today }
        const batches = () => encodeSource({ kind, home, key, sealing: policy.sealing }, sources[kind]())
        const privateKey = createPrivateKey(await readFile(registry.keyFile(telco, 'adapter')))
        const previousManifest = lastManifests.get(`${telco} ${kind}`)
        const job = { kind, mode: 'snapshot', period, policyVersion: policy.version, batches } as const
        const summary = await sendFeed(client, { ...job, telco, privateKey, previousManifest })
        lastManifests.set(`${telco} ${kind}`, summary.feed.manifestHash)
        summaries.push(summary)
      }
      return summaries
    },
    async claimant(telco, customer) {
      const claimant = identifyClaimant(await system.key(telco), home, customer)
      if (!claimant.ok) throw new Error('a customer of the tests is mistyped')
      return claimant.value
    },
    query: (text) =>
      withClient(registry.ownerUrl.replace('pcbs_owner', 'pcbs_api'), (client) => client.query(text)),
    apiLog: () => readFile(join(folder, 'logs', 'api.log'), 'utf8'),
    async stop() {
      await registry.stop()
      await rm(folder, { recursive: true })
    },
  }
  return system
}

/** A fresh Idempotency-Key. */
export function freshKey(): { readonly 'Idempotency-Key': string } {
  return { 'Idempotency-Key': randomUUID() }
}

/** The codes that a refusal names. */
export function codesOf(problem: Schemas['Problem'] | undefined): readonly string[] {
  return problem?.errors?.map(({ code }) => code) ?? []
}
