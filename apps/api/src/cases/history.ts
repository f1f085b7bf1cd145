import { appendCaseEvents, type RegistryTransaction, type StoredCaseEvent } from '@pcbs/store'
import type { Context } from '../context.ts'
import { recordAll } from '../transparency/record.ts'

/** Writes events into a case's history and, for everybody to hold them against, into the transparency log. */
export async function writeCaseEvents(
  context: Context,
  tx: RegistryTransaction,
  caseId: string,
  events: readonly StoredCaseEvent[],
): Promise<void> {
  await appendCaseEvents(tx, caseId, events)
  await recordAll(
    context,
    tx,
    'case-event',
    events.map(({ event, from, to, actor }) => ({ case: caseId, event, from, to, actor })),
  )
}
