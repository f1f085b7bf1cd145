import { inclusionProof, type OpeningEvidence } from '@pcbs/seal'
import { findLastCheckpoint, listEntriesAbout } from '@pcbs/store'
import type { Context } from '../context.ts'
import { Problem } from '../http/problems.ts'
import { logNodes, toBase64 } from '../transparency/tree.ts'

/** Proves an entry of a case to be in the log, which is published first. */
export async function proveLogged(
  { db, publisher }: Context,
  caseId: string,
  entry: string,
): Promise<OpeningEvidence['logged']> {
  await publisher.publish().catch(() => {
    throw new Problem('unavailable', 'The custodian does not sign the log right now.', {
      retryAfterSeconds: 5,
    })
  })
  const index = (await listEntriesAbout(db, [caseId])).find(({ content }) => content === entry)?.index
  const checkpoint = await findLastCheckpoint(db)
  if (index === undefined || !checkpoint || checkpoint.size <= index)
    throw new Problem('unavailable', 'The opening is not in the log yet.', { retryAfterSeconds: 1 })
  const hashes = await inclusionProof(logNodes(db), index, checkpoint.size)
  return { entry, index, hashes: toBase64(hashes), note: checkpoint.note }
}
