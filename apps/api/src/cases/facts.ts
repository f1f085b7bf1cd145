import {
  addDays,
  type BlastRadius,
  type CaseFacts,
  dayAt,
  decideOwnership,
  evidenceOf,
  findLaterUse,
  findUnblockable,
  isCloneSet,
} from '@pcbs/core'
import { findSightings, type RegistryTransaction, type StoredCase } from '@pcbs/store'
import type { Context } from '../context.ts'
import { nationOf } from '../policy/policies.ts'

/** All that a decision may depend on but the budget, which is claimed last: others wait for who claims it. */
export type FactsBeforeBudget = Omit<CaseFacts, 'isWithinBudget'>

/**
 * Gathers what a decision over this case may depend on, as of now. The caller holds the locks of the case and
 * of its phones, so that what other cases do waits until this one is decided.
 */
export async function gatherFacts(
  context: Context,
  tx: RegistryTransaction,
  stored: StoredCase,
  { isClaimantConfirmed }: Pick<CaseFacts, 'isClaimantConfirmed'>,
): Promise<{ facts: FactsBeforeBudget; blastRadius: BlastRadius }> {
  const now = context.now()
  const lookBackFrom = addDays(dayAt(now.getTime(), nationOf(context).timeZone), -context.config.lookBackDays)
  const { telcoId, subscription, imeis, ownerTag } = stored
  const found = await findSightings(tx, { imeis, claimant: { telcoId, subscription }, lookBackFrom })
  const { sightings, blastRadius } = found
  const phones = imeis.map((token) => context.keys.openImei(token))
  return {
    blastRadius,
    facts: {
      ownership: decideOwnership({
        sightings: evidenceOf(phones, sightings),
        isOwnerTagEqual: found.ownerTag === ownerTag,
        lookBackFrom,
      }),
      arePapersAccepted: stored.arePapersAccepted,
      isClaimantConfirmed,
      unblockable: phones.flatMap((phone) => findUnblockable(phone) ?? []),
      isCloneSet: isCloneSet(blastRadius),
      areClonesAccepted: stored.areClonesAccepted,
      laterUse: findLaterUse(sightings, telcoId),
      hasProvisionalLapsed: stored.provisionalUntil !== undefined && stored.provisionalUntil <= now,
    },
  }
}
