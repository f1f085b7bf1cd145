import type { Unblockable } from '../imei/unblockable.ts'
import type { LaterUse, OwnershipEvidence } from './ownership.ts'

/** What must be known about a case before an event is decided. Gathered by the shell, never guessed. */
export interface CaseFacts {
  /** What links the claimant to the IMEIs. */
  readonly ownership: OwnershipEvidence
  /** An officer has seen papers (a receipt, the box) and accepts them as proof of ownership. */
  readonly arePapersAccepted: boolean
  /** The event's author identified the claimant again, by owner tag. */
  readonly isClaimantConfirmed: boolean
  /** IMEIs of the case that may never be blocked. */
  readonly unblockable: readonly Unblockable[]
  /** Whether some IMEI of the case is in recent use by several unrelated subscriptions. */
  readonly isCloneSet: boolean
  /** An officer knows of the clones and blocks all the same, with exceptions where needed. */
  readonly areClonesAccepted: boolean
  /** Whether the filing telco may still block all phones of the case today. */
  readonly isWithinBudget: boolean
  /** Who used some IMEI of the case after the claimant last did. */
  readonly laterUse: LaterUse
  /** Whether the time for a police report has passed without one. */
  readonly hasProvisionalLapsed: boolean
}

interface RequirementRule {
  /** The problem's code when it does not hold. */
  readonly code: string
  readonly remedy: string
  readonly holds: (facts: CaseFacts) => boolean
  /** Whether an officer decides where the rule alone would refuse. */
  readonly isLiftedForOfficers: boolean
}

/** Each requirement of the lifecycle: its test, its problem code, and what to do about it. */
export const requirements = {
  ownership: {
    code: 'ownership-not-proven',
    remedy:
      'The phone was not seen on the claimant’s own subscription lately: an officer must accept papers.',
    holds: ({ ownership, arePapersAccepted }) => ownership.isProven || arePapersAccepted,
    isLiftedForOfficers: false,
  },
  not_used_later_by_another: {
    code: 'used-later-by-another',
    remedy:
      'Another customer used the phone after the claimant did, and may have bought it: an officer must decide.',
    holds: ({ laterUse }) => !laterUse.isHere,
    isLiftedForOfficers: true,
  },
  not_last_seen_elsewhere: {
    code: 'last-seen-elsewhere',
    remedy: 'The phone was last seen at another telco: that telco or an officer must decide.',
    holds: ({ laterUse }) => !laterUse.isElsewhere,
    isLiftedForOfficers: true,
  },
  blockable_imeis: {
    code: 'imei-unblockable',
    remedy: 'Many phones share this IMEI, a block would cut them all off: handle it under the clone policy.',
    holds: ({ unblockable }) => unblockable.length === 0,
    isLiftedForOfficers: false,
  },
  no_clone_set: {
    code: 'imei-cloned',
    remedy:
      'Several unrelated subscriptions use this IMEI: an officer must decide, naming who is let through.',
    holds: ({ isCloneSet, areClonesAccepted }) => !isCloneSet || areClonesAccepted,
    isLiftedForOfficers: false,
  },
  within_budget: {
    code: 'block-budget-spent',
    remedy: 'This telco has blocked as many phones as it may today: the case waits for an officer.',
    holds: ({ isWithinBudget }) => isWithinBudget,
    isLiftedForOfficers: true,
  },
  provisional_lapsed: {
    code: 'provisional-not-lapsed',
    remedy: 'The time to bring a police report is not over, or a report is on file.',
    holds: ({ hasProvisionalLapsed }) => hasProvisionalLapsed,
    isLiftedForOfficers: false,
  },
  claimant: {
    code: 'claimant-not-confirmed',
    remedy: 'Identify the claimant again: send the owner tag of the subscription that reported the phone.',
    holds: ({ isClaimantConfirmed }) => isClaimantConfirmed,
    isLiftedForOfficers: true,
  },
} as const satisfies Record<string, RequirementRule>

/** The name of a requirement, as lifecycle rows use it. */
export type Requirement = keyof typeof requirements

/** The problem code of an unmet requirement. */
export type RequirementCode = (typeof requirements)[Requirement]['code']
