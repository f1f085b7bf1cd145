import { findCase, lockCase, updateCase } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { mayUseCase, noSuchCase } from '../cases/access.ts'
import { writeCaseEvents } from '../cases/history.ts'
import { caseView } from '../cases/view.ts'
import { once } from '../http/idempotency.ts'
import type { Handler } from '../http/operation.ts'

export const addCaseEvidence: Handler<'addCaseEvidence'> = async (input, context) => {
  const { path, body, principal } = input
  const id = await once(context, 'addCaseEvidence', input, async (tx) => {
    const before = await lockCase(tx, path.caseId)
    if (!before || !mayUseCase(principal, before)) throw noSuchCase()
    const now = context.now()
    await updateCase(tx, {
      ...before,
      policeReport: body.policeReport,
      provisionalUntil: undefined,
      updatedAt: now,
      version: before.version + 1,
    })
    await writeCaseEvents(context, tx, before.id, [
      {
        event: 'attach_police_report',
        from: before.state,
        to: before.state,
        actor: nameOf(principal),
        at: now,
      },
    ])
    return before.id
  })
  const stored = await findCase(context.db, id)
  if (!stored) throw noSuchCase()
  return { status: 201, ...caseView(context, principal, stored) }
}
