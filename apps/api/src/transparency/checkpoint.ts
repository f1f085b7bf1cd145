import { askCustodian, type CustodianCaller, consistencyProof, treeRoot } from '@pcbs/seal'
import { findLastCheckpoint, getLogSize, insertCheckpoint, type RegistryDb } from '@pcbs/store'
import { logNodes, toBase64 } from './tree.ts'

/** The log's name: where it is kept. */
export function logOrigin(publicUrl: string): string {
  return `${new URL(publicUrl).host}/pcbs-log`
}

/** Has the custodian sign how far the log has come, where that is further than before. */
export async function signCheckpoint(
  db: RegistryDb,
  custodian: CustodianCaller,
  origin: string,
): Promise<void> {
  const size = await getLogSize(db)
  const signed = await findLastCheckpoint(db)
  if (size === 0 || signed?.size === size) return
  const nodes = logNodes(db)
  const root = await treeRoot(nodes, size)
  // What the custodian signed last may be more than what we kept of it: a crash in between.
  const last = await askCustodian(custodian, 'last_checkpoint', {})
  const proof = last.size > size ? [] : await consistencyProof(nodes, last.size, size)
  const { note } = await askCustodian(custodian, 'sign_checkpoint', {
    origin,
    size,
    root: root.toString('base64'),
    proof: toBase64(proof),
  })
  await insertCheckpoint(db, { size, root, note, signedAt: new Date() })
}
