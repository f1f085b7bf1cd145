import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { decodePolicy } from '@pcbs/seal'
import { findPolicy, openStore } from '@pcbs/store'
import { appModule } from './app-module.ts'
import { mainKeyring } from './custodians.ts'

/** What is collected, as the file of `pcbs policy publish` says it. */
export type PolicyPlan = Readonly<
  Record<
    string,
    | { readonly form: string; readonly basis?: string }
    | { readonly country: string; readonly mccs: readonly string[]; readonly timeZone: string }
  >
>

/** Where the administration of a registry works. */
export interface AdministrationPlan {
  readonly folder: string
  readonly ownerUrl: string
  readonly custodianUrls: readonly string[]
  /** The key with which the administration asks the custodian. */
  readonly keyFile: string
}

/**
 * Publishes a collection policy, as the administration does. Where none is given, the one in force stays; one of an older
 * format, which names no nation, is published anew, and where there is none yet, the strictest is.
 */
export async function publishPolicy(
  { folder, ownerUrl, custodianUrls, keyFile }: AdministrationPlan,
  policy: PolicyPlan | undefined,
): Promise<void> {
  if (policy === undefined && (await isPolicyUsable(ownerUrl))) return
  const file = join(folder, 'policy.json')
  const published = await readFile(file, 'utf8').catch(() => '{}')
  await writeFile(file, policy ? JSON.stringify(policy, null, 2) : published)
  await run(appModule('admin'), ['policy', 'publish', file], {
    PCBS_OWNER_DATABASE_URL: ownerUrl,
    PCBS_CUSTODIAN_URLS: custodianUrls.join(','),
    PCBS_ADMIN_KEY_FILE: keyFile,
  })
}

/** Takes the next token keys, or the next key of the log, into use, as the custodian's keeper does. */
export async function rotateKeys(folder: string, which: 'tokens' | 'log'): Promise<void> {
  const environment = { PCBS_CUSTODIAN_KEYRING: mainKeyring(folder) }
  await run(appModule('custodian', 'keys.ts'), [`rotate-${which}`], environment)
}

/** What the API's host needs to hold the database against itself. */
export interface VerificationPlan {
  readonly databaseUrl: string
  readonly custodianUrls: readonly string[]
  /** The key with which the API asks the custodian. */
  readonly keyFile: string
}

/**
 * Holds everything in the database that must agree against each other, as `pcbs db verify` does.
 * @returns the lines that it says
 * @throws {Error} with these lines where something does not agree
 */
export async function verifyDatabase(plan: VerificationPlan): Promise<readonly string[]> {
  const environment = {
    PCBS_API_DATABASE_URL: plan.databaseUrl,
    PCBS_CUSTODIAN_URLS: plan.custodianUrls.join(','),
    PCBS_CUSTODIAN_KEY_FILE: plan.keyFile,
  }
  try {
    const said = await run(appModule('admin'), ['db', 'verify'], environment)
    return said.trimEnd().split('\n')
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`pcbs db verify: ${stdout}${stderr}`, { cause })
  }
}

async function run(
  module: URL,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(module), ...words], { env })
  return stdout
}

async function isPolicyUsable(ownerUrl: string): Promise<boolean> {
  const store = openStore({ url: ownerUrl, applicationName: 'pcbs-dev-nation', maxConnections: 1 })
  try {
    const policy = await findPolicy(store.db)
    return policy !== undefined && decodePolicy(policy.text)?.nation !== undefined
  } finally {
    await store.close()
  }
}
