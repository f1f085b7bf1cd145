import {
  addDays,
  type BlastRadius,
  type CaseFacts,
  dayAt,
  decideOwnership,
  findLaterUse,
  findUnblockable,
  isCloneSet,
} from '@pcbs/core'
import { findSightings, lockBudget, type RegistryTransaction, type StoredCase } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'
import { nationOf } from '../policy/policies.ts'

/** What is about to be decided over a case, and what its author says beside it. */
export interface Question {
  readonly isClaimantConfirmed: boolean
  /** Whether the decision may block: then the filing telco's budget is locked until the transaction ends. */
  readonly mayBlock: boolean
}

/**
 * Gathers everything that a decision over this case may depend on, as of now. The caller holds the locks of the case and
 * of its phones, so that what other cases do waits until this one is decided.
 */
export async function gatherFacts(
  context: Context,
  tx: RegistryTransaction,
  stored: StoredCase,
  { isClaimantConfirmed, mayBlock }: Question,
): Promise<{ facts: CaseFacts; blastRadius: BlastRadius }> {
  const now = context.now()
  const lookBackFrom = addDays(dayAt(now.getTime(), nationOf(context).timeZone), -context.config.lookBackDays)
  const { telcoId, subscription, imeis, ownerTag } = stored
  const found = await findSightings(tx, { imeis, claimant: { telcoId, subscription }, lookBackFrom })
  const { sightings, blastRadius } = found
  return {
    blastRadius,
    facts: {
      ownership: decideOwnership({ sightings, isOwnerTagEqual: found.ownerTag === ownerTag, lookBackFrom }),
      arePapersAccepted: stored.arePapersAccepted,
      isClaimantConfirmed,
      unblockable: imeis.flatMap((token) => findUnblockable(context.keys.openImei(token)) ?? []),
      isCloneSet: isCloneSet(blastRadius),
      areClonesAccepted: stored.areClonesAccepted,
      isWithinBudget: mayBlock && (await isWithinBudget(context, tx, stored, now)),
      laterUse: findLaterUse(sightings, telcoId),
      hasProvisionalLapsed: stored.provisionalUntil !== undefined && stored.provisionalUntil <= now,
    },
  }
}

async function isWithinBudget(
  context: Context,
  tx: RegistryTransaction,
  { telcoId, imeis }: StoredCase,
  now: Date,
): Promise<boolean> {
  const used = await lockBudget(tx, blockBudget(context, telcoId, now))
  return used + imeis.length <= telcoById(context, telcoId).blockBudgetPerDay
}

/** The budget of phones that a telco may block on the nation's day of an instant. */
export function blockBudget(context: Context, telcoId: number, at: Date) {
  return { telcoId, day: dayAt(at.getTime(), nationOf(context).timeZone), purpose: 'block' } as const
}
