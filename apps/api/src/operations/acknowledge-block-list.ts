import { getListHead, recordAcknowledgement } from '@pcbs/store'
import { requireTelco } from '../auth/require.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const acknowledgeBlockList: Handler<'acknowledgeBlockList'> = async ({ body, principal }, context) => {
  const { id: telcoId } = requireTelco(principal)
  const { seq } = await getListHead(context.db)
  if (body.seq > seq) {
    const remedy = `The list ends at ${seq}: what does not exist cannot be enforced.`
    throw new Problem('request-invalid', 'See errors.', {
      errors: [{ field: 'body.seq', code: 'sequence-unknown', remedy }],
    })
  }
  await recordAcknowledgement(context.db, { telcoId, edge: body.edge, seq: body.seq, at: context.now() })
  return { status: 204, body: undefined }
}
