import { dayAt } from '@pcbs/core'
import { claimBudget, type RegistryTransaction, type StoredCase, unlimited } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'
import { nationOf } from '../policy/policies.ts'

/**
 * Decides what may block, within the filing telco's budget of the day. The budget is claimed only for a decision that
 * blocks, and last of all, since every other block of the telco waits for the claim until the transaction ends.
 * @param decide the decision, by whether the budget suffices
 */
export async function decideWithinBudget<Outcome extends { readonly after?: StoredCase }>(
  context: Context,
  tx: RegistryTransaction,
  before: StoredCase,
  decide: (isWithinBudget: boolean) => Outcome,
): Promise<Outcome> {
  const hoped = decide(true)
  const blockedAt = newBlockOf(before, hoped)
  if (!blockedAt) return hoped
  const { telcoId, imeis } = before
  const { timeZone } = nationOf(context)
  const budget = { telcoId, day: dayAt(blockedAt.getTime(), timeZone), purpose: 'block' } as const
  const amount = imeis.length
  const limit = telcoById(context, telcoId).blockBudgetPerDay
  if (await claimBudget(tx, budget, { amount, limit })) return hoped
  const decided = decide(false)
  if (newBlockOf(before, decided)) await claimBudget(tx, budget, { amount, limit: unlimited })
  return decided
}

function newBlockOf(before: StoredCase, { after }: { readonly after?: StoredCase }): Date | undefined {
  return after?.blockedAt === before.blockedAt ? undefined : after?.blockedAt
}
