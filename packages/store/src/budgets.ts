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
 * What is used up of a budget. The budget stays locked until the transaction ends, so that of several who would use what
 * is left one does.
 */
export async function lockBudget(
  tx: Transaction<Database>,
  { telcoId, day, purpose }: DailyBudget,
): Promise<number> {
  const { rows } = await sql<{ used: number }>`
    INSERT INTO daily_budget (telco_id, day, purpose, used) VALUES (${telcoId}, ${day}, ${purpose}, 0)
    ON CONFLICT (telco_id, day, purpose) DO UPDATE SET used = daily_budget.used RETURNING used`.execute(tx)
  return rows[0]?.used ?? 0
}

/** Uses up some of a budget that the caller has locked. */
export async function spendBudget(
  tx: Transaction<Database>,
  { telcoId, day, purpose }: DailyBudget,
  amount: number,
): Promise<void> {
  await tx
    .updateTable('daily_budget')
    .set({ used: sql`used + ${amount}` })
    .where('telco_id', '=', telcoId)
    .where('day', '=', day)
    .where('purpose', '=', purpose)
    .execute()
}
