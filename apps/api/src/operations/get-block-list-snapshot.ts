import { readListSnapshot } from '@pcbs/store'
import { wireEntry } from '../block-list/wire.ts'
import type { Handler } from '../http/operation.ts'

export const getBlockListSnapshot: Handler<'getBlockListSnapshot'> = async (_input, context) => {
  const snapshot = await readListSnapshot(context.db)
  const entries = snapshot.entries.map(({ status, ...entry }) => ({
    ...wireEntry(context, { ...entry, status }),
    status,
  }))
  const head = context.signer.signHead(snapshot.seq, snapshot.head)
  return {
    status: 200,
    body: {
      entries: entries.map((entry) => ({ ...entry, exceptions: [...entry.exceptions] })),
      head,
      signature: context.signer.signSnapshot(head, entries),
    },
  }
}
