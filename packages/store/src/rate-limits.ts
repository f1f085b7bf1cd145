import type { Kysely } from 'kysely'
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Store } from './connect.ts'
import type { Database } from './schema.ts'

/** What a limit is: so many points within so many seconds for each key. */
export interface LimitPlan {
  /** Sets keys of this limit apart from those of others. */
  readonly name: string
  readonly points: number
  readonly seconds: number
}

/** Whether points were to be had, and when all of them are there again. */
export interface Spending {
  readonly isOver: boolean
  readonly msBeforeNext: number
}

/** A limit that every process on one database counts together. */
export interface SharedLimit {
  /** Takes points of a key's. What was asked for is counted even where it is too much. */
  spend(key: string, points?: number): Promise<Spending>
}

/**
 * Opens a limit. Who is over it is refused out of memory until the time is over, so that a flood of requests makes no
 * flood of queries; with the database away each process counts for itself.
 */
export function openSharedLimit(
  { pool }: Pick<Store, 'pool'>,
  { name, points, seconds }: LimitPlan,
): SharedLimit {
  const plan = { keyPrefix: name, points, duration: seconds }
  const limiter = new RateLimiterPostgres({
    ...plan,
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limit',
    // The migrations make the table, and a worker takes out what has expired.
    tableCreated: true,
    clearExpiredByTimeout: false,
    inMemoryBlockOnConsumed: points,
    insuranceLimiter: new RateLimiterMemory(plan),
  })
  return {
    async spend(key, spent = 1) {
      try {
        const { msBeforeNext } = await limiter.consume(key, spent)
        return { isOver: false, msBeforeNext }
      } catch (error) {
        if (error instanceof RateLimiterRes) return { isOver: true, msBeforeNext: error.msBeforeNext }
        throw error
      }
    },
  }
}

/** Takes out what expired before a moment. Gives how many rows went. */
export async function deleteExpiredLimits(db: Kysely<Database>, before: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('rate_limit')
    .where('expire', '<', String(before.getTime()))
    .executeTakeFirst()
  return Number(numDeletedRows)
}
