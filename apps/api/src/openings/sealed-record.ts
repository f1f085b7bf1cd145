import { type RecordOwner, recordHash } from '@pcbs/seal'
import { findSealedRecord, type RegistryDb, type StoredCase } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'
import { Problem } from '../http/problems.ts'

/** What is sealed of a case's claimant. */
export interface SealedOfCase {
  readonly sealed: Buffer
  readonly owner: RecordOwner
  /** What an opening request names, hex. */
  readonly hash: string
}

/** Finds what is sealed of a case's claimant, or refuses with `not-found`. */
export async function getSealedOfCase(
  context: Context,
  db: RegistryDb,
  { telcoId, subscription }: StoredCase,
): Promise<SealedOfCase> {
  const sealed = await findSealedRecord(db, telcoId, subscription)
  if (!sealed) throw new Problem('not-found', 'Nothing is sealed of this case’s claimant.')
  const owner = ownerOf(context, telcoId, subscription)
  return { sealed, owner, hash: recordHash(sealed, owner) }
}

/** Whose record it is, as it was sealed: under the telco's own token. */
export function ownerOf(context: Context, telcoId: number, subscription: Buffer): RecordOwner {
  const telco = telcoById(context, telcoId)
  const { keys } = context
  return { telco: telco.code, token: keys.unwrap(telco, subscription), epoch: keys.epoch }
}
