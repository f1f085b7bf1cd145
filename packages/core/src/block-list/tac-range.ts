import type { EquipmentStatus } from './status.ts'

/** A range of models: first and last TAC, 8 digits each (TS 23.003 §6.2.1). */
export interface Tacs {
  readonly from: string
  readonly to: string
}

/** The most models that one range may name: a manufacturer's whole allocation, and not a nation's phones by a slip. */
export const widestRange = 1000

/** How long a second officer has to approve a range. */
export const approvalPeriodMs = 7 * 24 * 60 * 60 * 1000

/** Why a range cannot be proposed, and what to do. */
export const rangeRemedies = {
  'range-reversed': 'Give the lower TAC as `from`.',
  'range-too-wide': `Name at most ${widestRange} models at once.`,
  'range-overlaps': 'Ranges do not overlap: take the other one off the list first, or name exactly its ends.',
  'range-unknown': 'Only a range that is on the list can be permitted again: name exactly its ends.',
} as const

/** Finds what keeps a range from being put on the list, or off it, beside the ranges that are there. */
export function findRangeFault(
  { from, to }: Tacs,
  status: EquipmentStatus,
  listed: readonly Tacs[],
): keyof typeof rangeRemedies | undefined {
  if (from > to) return 'range-reversed'
  if (Number(to) - Number(from) >= widestRange) return 'range-too-wide'
  if (listed.some((other) => other.from === from && other.to === to)) return undefined
  if (status === 'PERMITTED') return 'range-unknown'
  return listed.some((other) => other.from <= to && from <= other.to) ? 'range-overlaps' : undefined
}

/** Why an officer cannot approve a range, and what to do. */
export const approvalRemedies = {
  'own-proposal': 'Another officer than the one who proposed it approves.',
  'approved-already': 'It is in force; propose PERMITTED to end it.',
  lapsed: 'It was not approved within seven days: propose it again.',
} as const

/** Finds what keeps an officer from approving a proposal. */
export function findApprovalFault(
  proposal: { readonly proposedBy: string; readonly proposedAtMs: number; readonly isApproved: boolean },
  approver: string,
  nowMs: number,
): keyof typeof approvalRemedies | undefined {
  if (proposal.isApproved) return 'approved-already'
  if (isLapsed(proposal, nowMs)) return 'lapsed'
  return proposal.proposedBy === approver ? 'own-proposal' : undefined
}

/** Whether a proposal's time is over. */
export function isLapsed(proposal: { readonly proposedAtMs: number }, nowMs: number): boolean {
  return nowMs - proposal.proposedAtMs > approvalPeriodMs
}
