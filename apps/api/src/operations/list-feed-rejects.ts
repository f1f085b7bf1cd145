import { type RejectCode, rejectRemedies } from '@pcbs/core'
import { listRejects } from '@pcbs/store'
import { telcoInQuestion } from '../auth/require.ts'
import type { Handler } from '../http/operation.ts'
import { readNumberedPosition, writeNumberedPosition } from '../http/position.ts'

export const listFeedRejects: Handler<'listFeedRejects'> = async ({ path, query, principal }, context) => {
  const telco = telcoInQuestion(context, principal, query.telco)
  const limit = query.limit ?? 100
  const after = readNumberedPosition(query.after)
  const rejects = await listRejects(context.db, { telcoId: telco.id, ...path }, { ...after, limit })
  const last = rejects.at(-1)
  return {
    status: 200,
    body: {
      // The column holds codes of this table alone.
      items: rejects.map((reject) => ({ ...reject, remedy: rejectRemedies[reject.code as RejectCode] })),
      ...(last && rejects.length === limit && { next: writeNumberedPosition(last) }),
    },
  }
}
