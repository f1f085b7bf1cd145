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
  stored: StoredCase,
): Promise<SealedOfCase> {
  const sealed = await findSealedRecord(db, stored.telcoId, stored.subscription)
  if (!sealed) throw new Problem('not-found', 'Nothing is sealed of this case’s claimant.')
  const owner = ownerOf(context, stored)
  return { sealed, owner, hash: recordHash(sealed, owner) }
}

/** Whose record it is, as it was sealed: under the telco's own token. */
export function ownerOf(
  context: Context,
  { telcoId, subscription, tokenEpoch: epoch }: Pick<StoredCase, 'telcoId' | 'subscription' | 'tokenEpoch'>,
): RecordOwner {
  const telco = telcoById(context, telcoId)
  return { telco: telco.code, token: context.keys.unwrap(telco, subscription, epoch), epoch }
}
