import { statementHash } from '@pcbs/seal'
import { findOpening, approveOpening as keepApproval, lockOpening } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { invalidStatement, readStatement, requireSigned } from '../openings/statement-input.ts'
import { noSuchOpening, openingView } from '../openings/view.ts'
import { record } from '../transparency/record.ts'

export const approveOpening: Handler<'approveOpening'> = async ({ path, body, principal }, context) => {
  const statement = readStatement('opening-approval', body, principal)
  await requireSigned(context, 'opening-approval', body)
  await context.db.transaction().execute(async (tx) => {
    const opening = await lockOpening(tx, path.openingId)
    if (!opening) throw noSuchOpening()
    if (opening.approval?.text === body.text) return
    if (opening.approval) throw new Problem('opening-not-ready', 'It is approved already.')
    if (statement.officer === opening.requester)
      throw new Problem('forbidden', 'Another officer than who asked must approve.')
    if (statement.opening !== opening.id || statement.request !== statementHash(opening.request.text))
      throw invalidStatement('other-request', 'Sign the hash of the request that this opening shows.')
    const { text, signature } = body
    await keepApproval(tx, opening.id, { text, signature, approver: statement.officer, at: context.now() })
    await record(context, tx, 'opening-approved', {
      opening: opening.id,
      case: opening.caseId,
      approval: `sha256:${statementHash(text)}`,
      actor: nameOf(principal),
    })
  })
  const opening = await findOpening(context.db, path.openingId)
  if (!opening) throw noSuchOpening()
  return { status: 201, body: openingView(opening) }
}
