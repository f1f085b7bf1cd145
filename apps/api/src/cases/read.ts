import type { StoredCase } from '@pcbs/store'
import { nameOf, type Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import { record } from '../transparency/record.ts'
import { getVisibleCase } from './access.ts'

/** The case for somebody to look at, which the transparency log remembers. */
export async function readCase(context: Context, principal: Principal, id: string): Promise<StoredCase> {
  const stored = await getVisibleCase(context, principal, id)
  await record(context, context.db, 'case-read', { case: stored.id, actor: nameOf(principal) })
  return stored
}
