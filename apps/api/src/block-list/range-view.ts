import type { Schemas } from '@pcbs/contract'
import { isLapsed } from '@pcbs/core'
import type { StoredTacRange } from '@pcbs/store'

/** A range of models as officers see it. */
export function rangeView(range: StoredTacRange, now: Date): Schemas['TacRange'] {
  const { id, tacs, status, reason, proposedBy, proposedAt, approval } = range
  const isOver = isLapsed({ proposedAtMs: proposedAt.getTime() }, now.getTime())
  return {
    id,
    ...tacs,
    status,
    reason,
    proposedBy,
    proposedAt: proposedAt.toISOString(),
    state: approval ? 'approved' : isOver ? 'lapsed' : 'proposed',
    ...(approval && { approvedBy: approval.by, approvedAt: approval.at.toISOString(), seq: approval.seq }),
  }
}
