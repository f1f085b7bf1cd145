import { consistencyProof } from '@pcbs/seal'
import { getLogSize } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'
import { beyondLog, logNodes, toBase64 } from '../transparency/tree.ts'

export const getLogConsistency: Handler<'getLogConsistency'> = async ({ query }, { db }) => {
  const { from, to } = query
  if (to > (await getLogSize(db))) throw beyondLog('query.to')
  if (from > to) throw beyondLog('query.from')
  return { status: 200, body: { hashes: toBase64(await consistencyProof(logNodes(db), from, to)) } }
}
