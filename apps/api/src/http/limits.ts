import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Config } from '../config.ts'
import { Problem } from './problems.ts'

/** Who is counted against what. Counted per process: N processes let N times as much through. */
export interface Limits {
  /** Counts a request of someone unknown, by address. */
  countPublic(address: string): Promise<void>
  /** Counts a request of a client, by name. */
  countClient(client: string): Promise<void>
  /** Counts a failed authentication, by address. */
  countFailure(address: string): Promise<void>
}

/** Makes the limits. Each count throws a Problem that says when to come back. */
export function createLimits({ publicChecksPerMinute, clientRequestsPerSecond }: Config): Limits {
  const perAddress = new RateLimiterMemory({ points: publicChecksPerMinute, duration: 60 })
  const perClient = new RateLimiterMemory({ points: clientRequestsPerSecond * 10, duration: 10 })
  const failures = new RateLimiterMemory({ points: publicChecksPerMinute, duration: 60 })
  return {
    countPublic: (address) => count(perAddress, address),
    countClient: (client) => count(perClient, client),
    countFailure: (address) => count(failures, address),
  }
}

async function count(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    const retryAfterSeconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000))
    throw new Problem('rate-limited', `Come back in ${retryAfterSeconds} s.`, { retryAfterSeconds })
  }
}
