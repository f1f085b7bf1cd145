import { listCaseEvents } from '@pcbs/store'
import { readCase } from '../cases/read.ts'
import { exceptionsView } from '../cases/view.ts'
import type { Handler } from '../http/operation.ts'

export const getCaseHistory: Handler<'getCaseHistory'> = async ({ path, principal }, context) => {
  const { id } = await readCase(context, principal, path.caseId)
  const events = await listCaseEvents(context.db, id)
  return {
    status: 200,
    body: {
      items: events.map(({ exceptions, at, ...event }) => ({
        ...event,
        at: at.toISOString(),
        ...(exceptions && { exceptions: exceptionsView(context, principal, exceptions) }),
      })),
    },
  }
}
