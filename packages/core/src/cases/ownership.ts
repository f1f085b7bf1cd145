/** One thing the registry knows about an IMEI: a subscription used it, at a telco, until some day. */
export interface Sighting {
  readonly telcoId: number
  /** Whether the subscription is the claimant's own. */
  readonly isClaimants: boolean
  /** ISO date of the last use, such as 2026-11-24. */
  readonly lastSeen: string
}

/** What links a claimant to the phone. */
export type OwnershipEvidence =
  | { readonly isProven: true; readonly lastSeen: string }
  | {
      readonly isProven: false
      readonly reason: 'never-seen-on-subscription' | 'owner-tag-differs' | 'seen-too-long-ago'
    }

/** What {@link decideOwnership} weighs. Dates are ISO days, so that text order is time order. */
export interface OwnershipFacts {
  /** Per IMEI of the case, who used it. */
  readonly sightings: readonly (readonly Sighting[])[]
  /** Whether the claimant's owner tag equals the one on file for the subscription. */
  readonly isOwnerTagEqual: boolean
  /** First day of the look-back. */
  readonly lookBackFrom: string
}

/**
 * Ownership is proven when the claimant is the subscription's owner and *every* IMEI of the case was seen
 * on that subscription within the look-back: a thief's case that adds somebody else's IMEI proves nothing.
 */
export function decideOwnership({
  sightings,
  isOwnerTagEqual,
  lookBackFrom,
}: OwnershipFacts): OwnershipEvidence {
  if (!isOwnerTagEqual) return { isProven: false, reason: 'owner-tag-differs' }
  const lastSeen = sightings.map((perImei) => latest(perImei.filter((sighting) => sighting.isClaimants)))
  const seen = lastSeen.filter((day) => day !== undefined)
  const earliest = seen.toSorted()[0]
  if (earliest === undefined || seen.length < lastSeen.length)
    return { isProven: false, reason: 'never-seen-on-subscription' }
  if (earliest < lookBackFrom) return { isProven: false, reason: 'seen-too-long-ago' }
  return { isProven: true, lastSeen: earliest }
}

/** Whether anybody else used a phone after the claimant did. */
export interface LaterUse {
  /** Another subscription of the telco that filed the case. */
  readonly isHere: boolean
  /** A subscription of another telco. */
  readonly isElsewhere: boolean
}

/**
 * Whether some IMEI was used on another subscription on a later day than on the claimant's own. Whoever sold a phone
 * could otherwise cut its buyer off. An IMEI that the claimant never used has no later use: ownership itself is then
 * unproven.
 */
export function findLaterUse(sightings: readonly (readonly Sighting[])[], filingTelcoId: number): LaterUse {
  const later = sightings.flatMap((perImei) => {
    const own = latest(perImei.filter(({ isClaimants }) => isClaimants))
    return own === undefined
      ? []
      : perImei.filter(({ isClaimants, lastSeen }) => !isClaimants && lastSeen > own)
  })
  return {
    isHere: later.some(({ telcoId }) => telcoId === filingTelcoId),
    isElsewhere: later.some(({ telcoId }) => telcoId !== filingTelcoId),
  }
}

function latest(sightings: readonly Sighting[]): string | undefined {
  return sightings
    .map(({ lastSeen }) => lastSeen)
    .toSorted()
    .at(-1)
}
