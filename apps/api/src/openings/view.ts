import type { Schemas } from '@pcbs/contract'
import type { StoredOpening } from '@pcbs/store'
import { Problem } from '../http/problems.ts'

/** An opening as its readers get it. */
export function openingView(opening: StoredOpening): Schemas['Opening'] {
  const { id, caseId, requester, purpose, request, requestedAt, approval, entry, openedAt } = opening
  return {
    id,
    caseId,
    state: entry !== undefined ? 'opened' : approval ? 'approved' : 'requested',
    requester,
    purpose,
    requestedAt: requestedAt.toISOString(),
    request: { ...request },
    ...(approval && {
      approver: approval.approver,
      approvedAt: approval.at.toISOString(),
      approval: { text: approval.text, signature: approval.signature },
    }),
    ...(openedAt && { openedAt: openedAt.toISOString() }),
  }
}

/** The refusal for an opening that is not there. */
export function noSuchOpening(): Problem {
  return new Problem('not-found', 'No opening has this id.')
}
