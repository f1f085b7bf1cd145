import { appendCaseEvents, type RegistryTransaction, type StoredCaseEvent } from '@pcbs/store'
import type { Context } from '../context.ts'
import { record } from '../transparency/record.ts'

/** Writes an event into the case's history and, for everybody to hold it against, into the transparency log. */
export async function writeCaseEvent(
  context: Context,
  tx: RegistryTransaction,
  caseId: string,
  event: StoredCaseEvent,
): Promise<void> {
  await appendCaseEvents(tx, caseId, [event])
  const { from, to, actor } = event
  await record(context, tx, 'case-event', { case: caseId, event: event.event, from, to, actor })
}
