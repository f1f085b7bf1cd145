import { openingPurposes, statementHash } from '@pcbs/seal'
import { findCase, findOpening, insertOpening } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { noSuchCase } from '../cases/access.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { getSealedOfCase } from '../openings/sealed-record.ts'
import { invalidStatement, readStatement, requireSigned } from '../openings/statement-input.ts'
import { noSuchOpening, openingView } from '../openings/view.ts'
import { record } from '../transparency/record.ts'

export const requestOpening: Handler<'requestOpening'> = async ({ body, principal }, context) => {
  const request = readStatement('opening-request', body, principal)
  if (!(openingPurposes as readonly string[]).includes(request.purpose))
    throw invalidStatement('purpose-unknown', `A purpose is ${openingPurposes.join(', ')}.`)
  const { opening: id, case: caseId, purpose } = request
  await requireSigned(context, 'opening-request', body)
  await context.db.transaction().execute(async (tx) => {
    const known = await findOpening(tx, id)
    if (known?.request.text === body.text) return
    if (known) throw new Problem('idempotency-conflict', 'Give every request an id of its own.')
    const stored = await findCase(tx, caseId)
    if (!stored) throw noSuchCase()
    const { hash } = await getSealedOfCase(context, tx, stored)
    if (hash !== request.record)
      throw invalidStatement('record-unknown', 'Ask for the case’s sealed record again and name that.')
    await insertOpening(tx, {
      id,
      caseId,
      requester: request.officer,
      purpose,
      request: { ...body },
      requestedAt: context.now(),
    })
    await record(context, tx, 'opening-requested', {
      opening: id,
      case: caseId,
      purpose,
      request: `sha256:${statementHash(body.text)}`,
      actor: nameOf(principal),
    })
  })
  const opening = await findOpening(context.db, id)
  if (!opening) throw noSuchOpening()
  return { status: 201, body: openingView(opening) }
}
