import { openSharedLimit, type SharedLimit, type Spending, type Store } from '@pcbs/store'
import type { Config } from '../config.ts'
import { Lease } from './lease.ts'
import { Problem } from './problems.ts'

/** Who is counted against what. All APIs on one database count together. */
export interface Limits {
  /** Counts a request of someone unknown, by address. */
  countPublic(address: string): Promise<void>
  /** Counts a request of a client, by name. */
  countClient(client: string): Promise<void>
  /** Counts a failed authentication, by address. */
  countFailure(address: string): Promise<void>
}

/** What limits are made of. */
export interface LimitParts {
  readonly config: Pick<Config, 'publicChecksPerMinute' | 'clientRequestsPerSecond'>
  readonly store: Pick<Store, 'pool'>
  /** A digest under a key that is the same in all APIs: an address stands nowhere as it is. */
  readonly digest: (text: string) => string
}

/** A client's points that one API takes at once, as a share of all: what it does not use is lost until the next window. */
const leaseShare = 0.02

/** Makes the limits. Each count throws a Problem that says when to come back. */
export function createLimits({ config, store, digest }: LimitParts): Limits {
  const { publicChecksPerMinute: points, clientRequestsPerSecond } = config
  const perAddress = openSharedLimit(store, { name: 'public', points, seconds: 60 })
  const failures = openSharedLimit(store, { name: 'failure', points, seconds: 60 })
  const clientPoints = clientRequestsPerSecond * 10
  const perClient = openSharedLimit(store, { name: 'client', points: clientPoints, seconds: 10 })
  const lease = new Lease(perClient, Math.max(1, Math.floor(clientPoints * leaseShare)))
  return {
    countPublic: (address) => count(perAddress, digest(address)),
    // Every request of a client is counted, so a query for each would be a second one beside its own.
    countClient: (client) => count(lease, digest(client)),
    countFailure: (address) => count(failures, digest(address)),
  }
}

async function count(limit: SharedLimit, key: string): Promise<void> {
  const { isOver, msBeforeNext }: Spending = await limit.spend(key)
  if (!isOver) return
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
  throw new Problem('rate-limited', `Come back in ${retryAfterSeconds} s.`, { retryAfterSeconds })
}
