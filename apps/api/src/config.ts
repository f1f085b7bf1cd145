import { type ClaimMapping, type OfficerScope, officerScopes } from './auth/claims.ts'
import { readTrustedProxies } from './http/client-address.ts'
import { logLevels } from './log.ts'

/** Everything the API is told at its start. */
export interface Config {
  /** Address to listen on. */
  readonly host: string
  readonly port: number
  /** The URL under which clients reach the API; DPoP proofs name it. */
  readonly publicUrl: string
  readonly apiDatabaseUrl: string
  readonly ingestDatabaseUrl: string
  readonly issuer: string
  readonly jwksUrl: string
  /** What access tokens must be for: the `aud` that the provider gives this API. */
  readonly audience: string
  /** The `typ` headers that access tokens may have. */
  readonly tokenTypes: readonly string[]
  /** Where access tokens say who somebody is. */
  readonly claims: ClaimMapping
  /** Proxies whose word on a client's address is believed: how many one behind the other, or their networks. */
  readonly trustedProxies: number | readonly string[]
  readonly custodianUrl: string
  /** Every custodian that records are sealed to, in the policy's order; URLs joined by commas. */
  readonly sealingCustodianUrls: string
  /** PEM file of the key with which the API asks the custodian. */
  readonly custodianKeyFile: string
  readonly lookBackDays: number
  readonly provisionalPeriodMs: number
  /** Public checks one address may make in a minute. */
  readonly publicChecksPerMinute: number
  /** Requests one client may make in a second, on average over ten. */
  readonly clientRequestsPerSecond: number
  /** How often lapsed provisional blocks are looked for. */
  readonly expiryIntervalMs: number
  /** How often pairings older than the look-back are forgotten. */
  readonly retentionIntervalMs: number
  /** How often what was written down is put into the transparency log, and a checkpoint signed. */
  readonly logIntervalMs: number
  /** Changes of the list after which a snapshot is made anew, and how often that is looked at. */
  readonly snapshotChanges: number
  readonly snapshotIntervalMs: number
  /** Hours after which a series without a feed counts as missing one. */
  readonly feedDueHours: number
  /** Whether answers are held against the contract too; costs time, on in tests. */
  readonly areResponsesValidated: boolean
  readonly logLevel: string
}

const variables = {
  host: ['PCBS_API_HOST', '127.0.0.1'],
  port: ['PCBS_API_PORT', '4000'],
  publicUrl: ['PCBS_API_URL', 'http://localhost:4000'],
  apiDatabaseUrl: ['PCBS_API_DATABASE_URL', undefined],
  ingestDatabaseUrl: ['PCBS_INGEST_DATABASE_URL', undefined],
  issuer: ['PCBS_ISSUER', 'http://localhost:4001'],
  jwksUrl: ['PCBS_JWKS_URL', 'http://localhost:4001/jwks'],
  audience: ['PCBS_AUDIENCE', ''],
  tokenTypes: ['PCBS_TOKEN_TYPES', 'at+jwt'],
  scopeClaim: ['PCBS_SCOPE_CLAIM', 'scope'],
  telcoClaim: ['PCBS_TELCO_CLAIM', 'telco'],
  officerClaim: ['PCBS_OFFICER_CLAIM', 'roles'],
  officerRoles: ['PCBS_OFFICER_ROLES', 'officer=decide,auditor=audit'],
  trustedProxies: ['PCBS_TRUSTED_PROXIES', ''],
  custodianUrl: ['PCBS_CUSTODIAN_URL', 'http://localhost:4002'],
  sealingCustodianUrls: ['PCBS_SEALING_CUSTODIAN_URLS', ''],
  custodianKeyFile: ['PCBS_CUSTODIAN_KEY_FILE', undefined],
  lookBackDays: ['PCBS_LOOK_BACK_DAYS', '90'],
  provisionalPeriodMs: ['PCBS_PROVISIONAL_PERIOD_MS', String(14 * 24 * 60 * 60 * 1000)],
  publicChecksPerMinute: ['PCBS_PUBLIC_CHECKS_PER_MINUTE', '60'],
  clientRequestsPerSecond: ['PCBS_CLIENT_REQUESTS_PER_SECOND', '500'],
  expiryIntervalMs: ['PCBS_EXPIRY_INTERVAL_MS', '60000'],
  retentionIntervalMs: ['PCBS_RETENTION_INTERVAL_MS', String(6 * 60 * 60 * 1000)],
  logIntervalMs: ['PCBS_LOG_INTERVAL_MS', '1000'],
  snapshotChanges: ['PCBS_SNAPSHOT_CHANGES', '20000'],
  snapshotIntervalMs: ['PCBS_SNAPSHOT_INTERVAL_MS', '5000'],
  feedDueHours: ['PCBS_FEED_DUE_HOURS', '30'],
  areResponsesValidated: ['PCBS_VALIDATE_RESPONSES', 'no'],
  logLevel: ['PCBS_LOG_LEVEL', 'info'],
} as const satisfies Record<
  Exclude<keyof Config, 'claims'> | 'scopeClaim' | 'telcoClaim' | 'officerClaim' | 'officerRoles',
  readonly [string, string | undefined]
>

type Setting = keyof typeof variables

/**
 * Reads the configuration.
 * @throws {Error} naming every variable that is missing or no number
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const complaints: string[] = []
  const text = (name: Setting): string => {
    const [variable, fallback] = variables[name]
    const value = environment[variable] ?? fallback
    if (value === undefined) complaints.push(`${variable} is not set`)
    return value ?? ''
  }
  const wholeNumber = (name: Setting): number => {
    const value = Number(text(name))
    if (!Number.isSafeInteger(value) || value < 0)
      complaints.push(`${variables[name][0]} must be a whole number`)
    return value
  }
  /** A setting in a form of its own; what has not the form is complained of. */
  const parsed = <Value>(
    name: Setting,
    parse: (text: string) => Value | undefined,
    form: string,
  ): Value | undefined => {
    const value = parse(text(name))
    if (value === undefined) complaints.push(`${variables[name][0]} must be ${form}`)
    return value
  }
  const config: Config = {
    host: text('host'),
    port: wholeNumber('port'),
    publicUrl: text('publicUrl'),
    apiDatabaseUrl: text('apiDatabaseUrl'),
    ingestDatabaseUrl: text('ingestDatabaseUrl'),
    issuer: text('issuer'),
    jwksUrl: text('jwksUrl'),
    audience: text('audience') || text('publicUrl'),
    tokenTypes: parsed('tokenTypes', readTypes, 'types such as at+jwt, joined by commas') ?? [],
    claims: {
      scope: text('scopeClaim'),
      telco: text('telcoClaim'),
      roles: text('officerClaim'),
      scopesOfRole:
        parsed('officerRoles', readRoles, `role=${officerScopes.join(' or role=')}, joined by commas`) ??
        new Map(),
    },
    trustedProxies:
      parsed(
        'trustedProxies',
        readTrustedProxies,
        'a number of proxies, or networks other than all, joined by commas',
      ) ?? [],
    custodianUrl: text('custodianUrl'),
    sealingCustodianUrls: text('sealingCustodianUrls'),
    custodianKeyFile: text('custodianKeyFile'),
    lookBackDays: wholeNumber('lookBackDays'),
    provisionalPeriodMs: wholeNumber('provisionalPeriodMs'),
    publicChecksPerMinute: wholeNumber('publicChecksPerMinute'),
    clientRequestsPerSecond: wholeNumber('clientRequestsPerSecond'),
    expiryIntervalMs: wholeNumber('expiryIntervalMs'),
    retentionIntervalMs: wholeNumber('retentionIntervalMs'),
    logIntervalMs: wholeNumber('logIntervalMs'),
    snapshotChanges: wholeNumber('snapshotChanges'),
    snapshotIntervalMs: wholeNumber('snapshotIntervalMs'),
    feedDueHours: wholeNumber('feedDueHours'),
    areResponsesValidated: text('areResponsesValidated') === 'yes',
    logLevel: parsed('logLevel', readLevel, `one of ${logLevels.join(', ')}`) ?? 'info',
  }
  if (complaints.length > 0) throw new Error(`the API cannot start: ${complaints.join('; ')}`)
  return config
}

function readTypes(text: string): readonly string[] | undefined {
  const types = text.split(',').map((type) => type.trim())
  return types.every((type) => /^[A-Za-z0-9!#$&^_.+/-]+$/.test(type)) ? types : undefined
}

/** Each role with what it allows. A role may stand several times; what is behind its last `=` is what it allows. */
function readRoles(text: string): ReadonlyMap<string, readonly OfficerScope[]> | undefined {
  const roles = new Map<string, OfficerScope[]>()
  for (const pair of text.split(',')) {
    const [, role = '', allowed] = /^\s*(.*\S)\s*=\s*(\w+)\s*$/.exec(pair) ?? []
    const scope = officerScopes.find((each) => each === allowed)
    if (role === '' || scope === undefined) return undefined
    roles.set(role, [...(roles.get(role) ?? []), scope])
  }
  return roles
}

function readLevel(text: string): string | undefined {
  return logLevels.find((level) => level === text)
}
