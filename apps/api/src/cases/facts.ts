import {
  type BlastRadius,
  type CaseFacts,
  decideOwnership,
  findUnblockable,
  isCloneSet,
  isLastSeenElsewhere,
} from '@pcbs/core'
import { countBlocksSince, findOwnerTag, findSightings, type RegistryDb, type StoredCase } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'

const dayMs = 24 * 60 * 60 * 1000

/** What an event's author says beside the event itself. */
export interface Statement {
  readonly isClaimantConfirmed: boolean
}

/** Gathers everything that a decision over this case may depend on, as of now. */
export async function gatherFacts(
  context: Context,
  db: RegistryDb,
  stored: StoredCase,
  { isClaimantConfirmed }: Statement,
): Promise<{ facts: CaseFacts; blastRadius: BlastRadius }> {
  const now = context.now()
  const lookBackFrom = new Date(now.getTime() - context.config.lookBackDays * dayMs)
    .toISOString()
    .slice(0, 10)
  const startOfDay = new Date(Math.floor(now.getTime() / dayMs) * dayMs)
  const { telcoId, subscription, imeis, ownerTag } = stored
  const [{ sightings, blastRadius }, tagOnFile, blocksToday] = await Promise.all([
    findSightings(db, { imeis, claimant: { telcoId, subscription }, lookBackFrom }),
    findOwnerTag(db, telcoId, subscription),
    countBlocksSince(db, telcoId, startOfDay),
  ])
  return {
    blastRadius,
    facts: {
      ownership: decideOwnership({ sightings, isOwnerTagEqual: tagOnFile === ownerTag, lookBackFrom }),
      arePapersAccepted: stored.arePapersAccepted,
      isClaimantConfirmed,
      unblockable: imeis.flatMap((token) => findUnblockable(context.keys.openImei(token)) ?? []),
      isCloneSet: isCloneSet(blastRadius),
      areClonesAccepted: stored.areClonesAccepted,
      blocksLeftToday: telcoById(context, telcoId).blockBudgetPerDay - blocksToday,
      isLastSeenElsewhere: isLastSeenElsewhere(sightings, telcoId),
      hasProvisionalLapsed: stored.provisionalUntil !== undefined && stored.provisionalUntil <= now,
    },
  }
}
