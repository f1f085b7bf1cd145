import type { Schemas } from '@pcbs/contract'
import { emptyHead } from '@pcbs/seal'
import { findHeadAt, getListHead, listChangesAfter } from '@pcbs/store'
import type { Context } from '../context.ts'
import { Problem } from '../http/problems.ts'
import { changeBody, wireChange } from './wire.ts'

/**
 * Changes after a sequence, with a head that is signed now.
 * @throws {Problem} where there is no such sequence
 */
export async function readChanges(
  context: Context,
  after: number,
  limit: number,
): Promise<Schemas['BlockListChanges']> {
  const changes = await listChangesAfter(context.db, after, limit)
  const head = changes.at(-1)?.head ?? (after === 0 ? emptyHead : await findHeadAt(context.db, after))
  if (!head) {
    const { seq } = await getListHead(context.db)
    const remedy = `The list ends at ${seq}: an edge that is past it must start over from a snapshot and raise an alarm.`
    throw new Problem('request-invalid', 'See errors.', {
      errors: [{ field: 'query.after', code: 'sequence-unknown', remedy }],
    })
  }
  return {
    changes: changes.map((change) => changeBody(wireChange(context, change))),
    head: context.signer.signHead(changes.at(-1)?.seq ?? after, head),
  }
}
