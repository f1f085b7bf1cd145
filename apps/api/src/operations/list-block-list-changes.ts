import { emptyHead } from '@pcbs/seal'
import { findHeadAt, getListHead, listChangesAfter } from '@pcbs/store'
import { changeBody, wireChange } from '../block-list/wire.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const listBlockListChanges: Handler<'listBlockListChanges'> = async ({ query, signal }, context) => {
  const { after } = query
  await context.watch.waitPast(after, (query.waitSeconds ?? 0) * 1000, signal)
  const changes = await listChangesAfter(context.db, after, query.limit ?? 1000)
  const head = changes.at(-1)?.head ?? (after === 0 ? emptyHead : await findHeadAt(context.db, after))
  if (!head) {
    const { seq } = await getListHead(context.db)
    const remedy = `The list ends at ${seq}: an edge that is past it must start over from a snapshot and raise an alarm.`
    throw new Problem('request-invalid', 'See errors.', {
      errors: [{ field: 'query.after', code: 'sequence-unknown', remedy }],
    })
  }
  return {
    status: 200,
    body: {
      changes: changes.map((change) => changeBody(wireChange(context, change))),
      head: context.signer.signHead(changes.at(-1)?.seq ?? after, head),
    },
  }
}
