import { listLogEntries as findEntries } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'

export const listLogEntries: Handler<'listLogEntries'> = async ({ query }, { db }) => {
  const items = await findEntries(db, query.from ?? 0, query.limit ?? 1000)
  return { status: 200, body: { items: items.map((entry) => ({ ...entry })) } }
}
