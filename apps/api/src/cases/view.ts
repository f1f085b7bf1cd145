import type { Schemas } from '@pcbs/contract'
import { type LetThrough, type Requirement, requirements } from '@pcbs/core'
import { encodeToken } from '@pcbs/seal'
import type { StoredCase } from '@pcbs/store'
import type { Principal } from '../auth/principal.ts'
import { type Context, telcoById } from '../context.ts'
import { printedImei } from '../keys.ts'

/** A case as somebody gets it who may see it, with the ETag header that guards it. */
export function caseView(
  context: Context,
  principal: Principal,
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
      exceptions: exceptionsView(context, principal, stored.exceptions),
    },
  }
}

/** SIMs that are let through, as their telco's own tokens: an officer sees all of them, a telco its own. */
export function exceptionsView(
  context: Context,
  principal: Principal,
  exceptions: readonly LetThrough[],
): Schemas['ListException'][] {
  return exceptions
    .filter(({ telcoId }) => principal.kind !== 'telco' || principal.telco.id === telcoId)
    .map(({ telcoId, imsi, epoch }) => {
      const telco = telcoById(context, telcoId)
      const bytes = context.keys.unwrap(telco, Buffer.from(imsi, 'hex'), epoch)
      return { telco: telco.code, imsi: encodeToken({ kind: 'imsi', epoch, bytes }) }
    })
}

/** A requirement as its readers get it. */
export function reviewReason(need: Requirement): Schemas['ReviewReason'] {
  const { code, remedy } = requirements[need]
  return { code, remedy }
}
