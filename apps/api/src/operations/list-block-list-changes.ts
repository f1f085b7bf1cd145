import { readChanges } from '../block-list/read-changes.ts'
import type { Handler } from '../http/operation.ts'

export const listBlockListChanges: Handler<'listBlockListChanges'> = async ({ query, signal }, context) => {
  const { after } = query
  await context.watch.waitPast(after, (query.waitSeconds ?? 0) * 1000, signal)
  return { status: 200, body: await readChanges(context, after, query.limit ?? 1000) }
}
