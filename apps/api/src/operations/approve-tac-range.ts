import { approvalRemedies, findApprovalFault, findRangeFault, rangeRemedies } from '@pcbs/core'
import {
  approveTacRange as approve,
  findTacRange,
  listRanges,
  lockListHead,
  lockTacRange,
  type RegistryTransaction,
} from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { changeRange } from '../block-list/change-list.ts'
import { rangeView } from '../block-list/range-view.ts'
import type { Context } from '../context.ts'
import { once } from '../http/idempotency.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { record } from '../transparency/record.ts'

export const approveTacRange: Handler<'approveTacRange'> = async (input, context) => {
  const { rangeId } = input.path
  const approver = nameOf(input.principal)
  const request = { operation: 'approveTacRange', input, resource: rangeId } as const
  await once(context, request, (tx) => approveLocked(context, tx, { id: rangeId, approver }))
  const stored = await findTacRange(context.db, rangeId)
  if (!stored) throw new Error('a range that was just approved is gone')
  return { status: 200, body: rangeView(stored, context.now()) }
}

async function approveLocked(
  context: Context,
  tx: RegistryTransaction,
  { id, approver }: { readonly id: string; readonly approver: string },
): Promise<void> {
  const range = await lockTacRange(tx, id)
  if (!range) throw new Problem('not-found', 'There is no such range.')
  const { tacs, status, reason, proposedBy, proposedAt, approval } = range
  const at = context.now()
  const proposal = { proposedBy, proposedAtMs: proposedAt.getTime(), isApproved: approval !== undefined }
  const fault = findApprovalFault(proposal, approver, at.getTime())
  if (fault) throw refusal(fault, approvalRemedies[fault])
  // Whoever holds the list's head decides beside ranges that nobody else changes meanwhile.
  await lockListHead(tx)
  const listed = (await listRanges(tx)).map((each) => each.tacs)
  const clash = findRangeFault(tacs, status, listed)
  if (clash) throw refusal(clash, rangeRemedies[clash])
  const seq = await changeRange(context, tx, { tacs, status, reason, at })
  await approve(tx, id, { by: approver, at, seq })
  await record(context, tx, 'range-approved', {
    range: id,
    sequence: `#${seq}`,
    status: status.toLowerCase(),
    actor: approver,
  })
}

function refusal(code: string, remedy: string): Problem {
  return new Problem('range-refused', 'See errors.', { errors: [{ field: 'path.rangeId', code, remedy }] })
}
