import { listCases as findPage } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { caseView } from '../cases/view.ts'
import type { Handler } from '../http/operation.ts'
import { readPosition, writePosition } from '../http/position.ts'
import { record } from '../transparency/record.ts'

export const listCases: Handler<'listCases'> = async ({ query, principal }, context) => {
  const limit = query.limit ?? 100
  const after = readPosition(query.after)
  const cases = await findPage(context.db, {
    telcoId: principal.kind === 'telco' ? principal.telco.id : undefined,
    state: query.state,
    after: after && { createdAt: after.at, id: after.id },
    limit,
  })
  await record(context, context.db, 'cases-listed', {
    actor: nameOf(principal),
    count: String(cases.length),
  })
  const last = cases.at(-1)
  const next = last && cases.length === limit && writePosition({ at: last.createdAt, id: last.id })
  return {
    status: 200,
    body: { items: cases.map((stored) => caseView(context, principal, stored).body), ...(next && { next }) },
  }
}
