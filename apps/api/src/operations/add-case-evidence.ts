import { findCase, lockCase } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { mayUseCase, noSuchCase } from '../cases/access.ts'
import { writeStory } from '../cases/move.ts'
import { caseView } from '../cases/view.ts'
import { once } from '../http/idempotency.ts'
import type { Handler } from '../http/operation.ts'

export const addCaseEvidence: Handler<'addCaseEvidence'> = async (input, context) => {
  const { path, body, principal } = input
  const request = { operation: 'addCaseEvidence', input, resource: path.caseId } as const
  const { resource, value } = await once(context, request, async (tx) => {
    const before = await lockCase(tx, path.caseId)
    if (!before || !mayUseCase(principal, before)) throw noSuchCase()
    const at = context.now()
    const after = {
      ...before,
      policeReport: body.policeReport,
      provisionalUntil: undefined,
      updatedAt: at,
      version: before.version + 1,
    }
    const attached = { event: 'attach_police_report', from: before.state, to: before.state } as const
    await writeStory(context, tx, { before, after, events: [{ ...attached, actor: nameOf(principal), at }] })
    return after
  })
  const stored = value ?? (await findCase(context.db, resource))
  if (!stored) throw noSuchCase()
  return { status: 201, ...caseView(context, principal, stored) }
}
