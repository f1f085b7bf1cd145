import { hashLeaf, inclusionProof } from '@pcbs/seal'
import { getLogSize, listLogEntries } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'
import { beyondLog, logNodes, toBase64 } from '../transparency/tree.ts'

export const listLogLeaves: Handler<'listLogLeaves'> = async ({ query }, { db }) => {
  const { from, limit, size } = query
  if (size > (await getLogSize(db))) throw beyondLog('query.size')
  if (from >= size) throw beyondLog('query.from')
  // From the entries themselves: the tree's own hashes would not show that one was edited.
  const entries = await listLogEntries(db, from, Math.min(limit, size - from))
  const leaves = Buffer.concat(entries.map(({ content }) => hashLeaf(Buffer.from(content))))
  const hashes = await inclusionProof(logNodes(db), from, size)
  return { status: 200, body: { leaves: leaves.toString('base64'), hashes: toBase64(hashes) } }
}
