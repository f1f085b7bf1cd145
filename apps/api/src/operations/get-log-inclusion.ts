import { inclusionProof } from '@pcbs/seal'
import { getLogSize } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'
import { beyondLog, logNodes, toBase64 } from '../transparency/tree.ts'

export const getLogInclusion: Handler<'getLogInclusion'> = async ({ query }, { db }) => {
  const { index, size } = query
  if (size > (await getLogSize(db))) throw beyondLog('query.size')
  if (index >= size) throw beyondLog('query.index')
  return { status: 200, body: { hashes: toBase64(await inclusionProof(logNodes(db), index, size)) } }
}
