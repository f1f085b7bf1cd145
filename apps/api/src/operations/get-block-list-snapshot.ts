import { findSnapshot } from '@pcbs/store'
import { snapshotEnd } from '../block-list/write-snapshot.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const getBlockListSnapshot: Handler<'getBlockListSnapshot'> = async (_input, context) => {
  const snapshot = await findSnapshot(context.db)
  if (!snapshot) throw new Problem('not-found', 'There is no snapshot yet: begin with the changes after 0.')
  const { seq, phones } = snapshot
  const head = context.signer.signHead(seq, snapshot.head)
  const digest = snapshot.digest.toString('hex')
  return {
    status: 200,
    body: {
      head,
      digest,
      bytes: snapshot.bytes + snapshotEnd(context, snapshot).length,
      phones,
      signature: context.signer.signSnapshot({ seq, head: head.head, digest }),
    },
  }
}
