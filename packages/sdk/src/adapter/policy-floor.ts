import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SdkError } from '../errors.ts'
import { remember } from '../remember.ts'
import type { PolicyInForce } from './session.ts'

/**
 * Holds a policy to the newest one seen here: who takes a registry over must not have telcos send what a later policy
 * has ended, or seal it to a key that was replaced.
 * @throws {SdkError} `policy-invalid` for an older one
 */
export async function requireNotWithdrawn(
  policy: PolicyInForce,
  stateFolder: string,
): Promise<PolicyInForce> {
  const path = join(stateFolder, 'policy-version')
  const seen = Number(await readFile(path, 'utf8').catch(() => '0'))
  if (policy.version < seen)
    throw new SdkError(
      'policy-invalid',
      `Version ${seen} was in force and ${policy.version} is shown. Nothing was sent.`,
    )
  if (policy.version > seen) await remember(path, String(policy.version))
  return policy
}
