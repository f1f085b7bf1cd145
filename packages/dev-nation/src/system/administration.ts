import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findPolicy, openStore } from '@pcbs/store'
import { appModule } from './app-module.ts'
import { mainKeyring } from './custodians.ts'

/** What is collected, as the file of `pcbs policy publish` says it. */
export type PolicyPlan = Readonly<Record<string, { readonly form: string; readonly basis?: string }>>

/** Where the administration of a registry works. */
export interface AdministrationPlan {
  readonly folder: string
  readonly ownerUrl: string
  readonly custodianUrls: readonly string[]
  /** The key with which the administration asks the custodian. */
  readonly keyFile: string
}

/** Publishes a collection policy, as the administration does; where none is given, and there is none yet, the strictest. */
export async function publishPolicy(
  { folder, ownerUrl, custodianUrls, keyFile }: AdministrationPlan,
  policy: PolicyPlan | undefined,
): Promise<void> {
  if (policy === undefined && (await hasPolicy(ownerUrl))) return
  const file = join(folder, 'policy.json')
  await writeFile(file, JSON.stringify(policy ?? {}, null, 2))
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

async function run(
  module: URL,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await promisify(execFile)(process.execPath, [fileURLToPath(module), ...words], { env })
}

async function hasPolicy(ownerUrl: string): Promise<boolean> {
  const store = openStore({ url: ownerUrl, applicationName: 'pcbs-dev-nation', maxConnections: 1 })
  try {
    return (await findPolicy(store.db)) !== undefined
  } finally {
    await store.close()
  }
}
