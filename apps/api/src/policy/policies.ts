import { parseTimeZone, type TimeZone } from '@pcbs/core'
import { type CollectionPolicy, decodePolicy, type Nation, type SignedPolicy } from '@pcbs/seal'
import { listPolicies, type RegistryDb } from '@pcbs/store'
import type { Context } from '../context.ts'
import { Problem } from '../http/problems.ts'

/** Every collection policy, oldest first: feeds that began under an older one go on under it. */
export type Policies = readonly (CollectionPolicy & SignedPolicy)[]

/** Reads the policies. */
export async function loadPolicies(db: RegistryDb): Promise<Policies> {
  const stored = await listPolicies(db)
  return stored.flatMap(({ text, signature }) => {
    const policy = decodePolicy(text)
    return policy ? [{ ...policy, text, signature }] : []
  })
}

/** The policy by which feeds are opened. */
export function policyInForce({ policies }: Pick<Context, 'policies'>): Policies[number] {
  const newest = policies.at(-1)
  if (newest) return newest
  throw new Problem('unavailable', 'No collection policy was published yet: pcbs policy publish.', {
    retryAfterSeconds: 10,
  })
}

/**
 * Epochs of the custodians' keys to which a policy has subscribers' data sealed; none where it has nothing sealed.
 * @throws {Problem} `unavailable` for a policy that another process has opened a feed by and this one has not read yet
 */
export function sealingEpochsOf({ policies }: Pick<Context, 'policies'>, version: number): readonly number[] {
  const policy = policies.find((each) => each.version === version)
  if (policy) return policy.custodians.map(({ epoch }) => epoch)
  throw new Problem('unavailable', `Collection policy ${version} is not known here yet.`, {
    retryAfterSeconds: 5,
  })
}

/**
 * The nation whose days are counted, as the policy in force says.
 * @throws {Problem} `unavailable` while no policy names one: a decision of another day would be wrong about somebody
 */
export function nationOf({
  policies,
}: Pick<Context, 'policies'>): Omit<Nation, 'timeZone'> & { readonly timeZone: TimeZone } {
  const nation = policies.at(-1)?.nation
  const timeZone = parseTimeZone(nation?.timeZone ?? '')
  if (nation && timeZone.ok) return { ...nation, timeZone: timeZone.value }
  throw new Problem('unavailable', 'No collection policy names the nation yet: pcbs policy publish.', {
    retryAfterSeconds: 10,
  })
}
