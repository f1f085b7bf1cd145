import { type RejectCode, rejectRemedies } from '@pcbs/core'
import { listRejects } from '@pcbs/store'
import { telcoInQuestion } from '../auth/require.ts'
import type { Handler } from '../http/operation.ts'

export const listFeedRejects: Handler<'listFeedRejects'> = async ({ path, query, principal }, context) => {
  const telco = telcoInQuestion(context, principal, query.telco)
  const limit = query.limit ?? 100
  const [part = 0, line = 0] = (query.after ?? '').split('.').map((text) => Number(text) || 0)
  const rejects = await listRejects(context.db, { telcoId: telco.id, ...path }, { part, line, limit })
  const last = rejects.at(-1)
  return {
    status: 200,
    body: {
      // The column holds codes of this table alone.
      items: rejects.map((reject) => ({ ...reject, remedy: rejectRemedies[reject.code as RejectCode] })),
      ...(last && rejects.length === limit && { next: `${last.part}.${last.line}` }),
    },
  }
}
