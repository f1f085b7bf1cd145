import { listCases as findPage } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { caseView } from '../cases/view.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { record } from '../transparency/record.ts'

export const listCases: Handler<'listCases'> = async ({ query, principal }, context) => {
  const limit = query.limit ?? 100
  const cases = await findPage(context.db, {
    telcoId: principal.kind === 'telco' ? principal.telco.id : undefined,
    state: query.state,
    after: query.after === undefined ? undefined : readPosition(query.after),
    limit,
  })
  await record(context, context.db, 'cases-listed', {
    actor: nameOf(principal),
    count: String(cases.length),
  })
  const last = cases.at(-1)
  const next = last && cases.length === limit ? `${last.createdAt.getTime()}.${last.id}` : undefined
  return {
    status: 200,
    body: {
      items: cases.map((stored) => caseView(context, stored).body),
      ...(next !== undefined && { next }),
    },
  }
}

function readPosition(text: string): { createdAt: Date; id: string } {
  const [, time, id] = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(text) ?? []
  if (time && id) return { createdAt: new Date(Number(time)), id }
  const remedy = 'Pass the `next` of the page before, unchanged.'
  throw new Problem('request-invalid', 'See errors.', {
    errors: [{ field: 'query.after', code: 'position-unknown', remedy }],
  })
}
