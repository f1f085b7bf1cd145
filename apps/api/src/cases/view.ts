import type { Schemas } from '@pcbs/contract'
import { type Requirement, requirements } from '@pcbs/core'
import type { StoredCase } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'
import { printedImei } from '../keys.ts'

/** A case as its readers get it, with the ETag header that guards it. */
export function caseView(
  context: Context,
  stored: StoredCase,
): { body: Schemas['Case']; headers: { etag: string } } {
  const { policeReport, provisionalUntil, blastRadius } = stored
  return {
    headers: { etag: `"${stored.version}"` },
    body: {
      id: stored.id,
      state: stored.state,
      reason: stored.reason,
      tokenEpoch: stored.tokenEpoch,
      filedBy: telcoById(context, stored.telcoId).code,
      imeis: stored.imeis.map((token) => printedImei(context.keys, token)),
      createdAt: stored.createdAt.toISOString(),
      updatedAt: stored.updatedAt.toISOString(),
      ...(policeReport !== undefined && { policeReport }),
      ...(provisionalUntil !== undefined && { provisionalUntil: provisionalUntil.toISOString() }),
      // The column holds what core's decision named.
      review: stored.review.map((need) => reviewReason(need as Requirement)),
      blastRadius,
    },
  }
}

/** A requirement as its readers get it. */
export function reviewReason(need: Requirement): Schemas['ReviewReason'] {
  const { code, remedy } = requirements[need]
  return { code, remedy }
}
