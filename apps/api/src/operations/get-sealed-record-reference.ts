import { readCase } from '../cases/read.ts'
import type { Handler } from '../http/operation.ts'
import { getSealedOfCase } from '../openings/sealed-record.ts'

export const getSealedRecordReference: Handler<'getSealedRecordReference'> = async (
  { path, principal },
  context,
) => {
  const stored = await readCase(context, principal, path.caseId)
  const { hash } = await getSealedOfCase(context, context.db, stored)
  return { status: 200, body: { record: hash } }
}
