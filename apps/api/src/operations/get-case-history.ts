import { listCaseEvents } from '@pcbs/store'
import { readCase } from '../cases/read.ts'
import type { Handler } from '../http/operation.ts'

export const getCaseHistory: Handler<'getCaseHistory'> = async ({ path, principal }, context) => {
  const { id } = await readCase(context, principal, path.caseId)
  const events = await listCaseEvents(context.db, id)
  return { status: 200, body: { items: events.map((event) => ({ ...event, at: event.at.toISOString() })) } }
}
