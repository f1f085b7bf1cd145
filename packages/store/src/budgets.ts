import { sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

/** One telco's budget for one thing on one of the nation's days. */
export interface DailyBudget {
  readonly telcoId: number
  /** ISO day. */
  readonly day: string
  readonly purpose: 'block' | 'phone-lookup'
}

/**
 * Uses up some of a budget, unless that would be more than its limit. What is used stays locked until the transaction
 * ends, so that of several who would use what is left one does.
 * @returns whether there was enough left
 */
export async function claimBudget(
  tx: Transaction<Database>,
  { telcoId, day, purpose }: DailyBudget,
  { amount, limit }: { readonly amount: number; readonly limit: number },
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO daily_budget AS budget (telco_id, day, purpose, used)
    SELECT ${telcoId}, ${day}, ${purpose}, ${amount}::integer WHERE ${amount}::integer <= ${limit}::integer
    ON CONFLICT (telco_id, day, purpose) DO UPDATE SET used = budget.used + excluded.used
      WHERE budget.used + excluded.used <= ${limit}::integer
    RETURNING used`.execute(tx)
  return rows.length > 0
}

/** A limit that no budget reaches: what an officer decides is counted, and refused by none. */
export const unlimited = 2_147_483_647
