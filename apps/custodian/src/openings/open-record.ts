import {
  type OpeningEvidence,
  openShare,
  type ReleasedShare,
  type SealedRecord,
  sealMessage,
  shareContext,
} from '@pcbs/seal'
import type { SealingEpoch } from '../keyring.ts'
import { readOfficers } from '../officers.ts'
import type { OfficerRefusal } from '../refusals.ts'
import type { CustodianContext } from '../requests.ts'
import { decideBudget, readOrder } from './budget.ts'
import { proveOpening } from './decide.ts'

/**
 * Releases this custodian's share of one record's key, sealed to the officer who asked, or says why not. What is
 * released is on disk before: the same opening asked for again gets the same share and costs no budget.
 */
export async function openRecord(
  context: CustodianContext,
  evidence: OpeningEvidence,
): Promise<ReleasedShare | OfficerRefusal> {
  const { openings, erasures, logRoot, officersFile, orderFile, name } = context
  const rules = {
    officers: await readOfficers(officersFile),
    logRoot,
    logKeyEpoch: await logKeyInUse(context),
    nowMs: openings.nowMs,
  }
  const proven = proveOpening(evidence, rules)
  if (typeof proven === 'string') return proven
  const { owner, recipient, requestHash } = proven
  if (erasures.has(owner)) return 'erased'
  const found = await findKey(context, proven.record)
  if (!found) return 'key-destroyed'

  // Before budget is spent: what was sealed to no key, or is asked for one, opens never.
  const share = await openShare({ name, privateKey: found.key.privateKey }, found.enc, owner)
    .then((bytes) => sealMessage(recipient, bytes, shareContext(requestHash)))
    .catch(() => undefined)
  if (!share) return 'malformed'
  const budget = decideBudget(await readOrder(orderFile), openings.nowMs)
  const entry = { id: proven.opening, hash: proven.hash, officer: proven.officer }
  const admission = await openings.admit(entry, budget)
  if (admission !== 'admitted' && admission !== 'repeated') return admission

  return { custodian: name, share }
}

/** Who vouches for the log's keys knows which one is in use, and takes none before it: it may have been stolen. */
async function logKeyInUse({ keyring, logRoot }: CustodianContext): Promise<number | undefined> {
  if (!logRoot.equals(keyring.listRoot.publicKey)) return undefined
  return (await keyring.logKey()).epoch
}

/** What of a record was sealed to this custodian, and the key it was sealed to, while that exists. */
async function findKey(
  { keyring, place }: CustodianContext,
  { encapsulations }: SealedRecord,
): Promise<{ readonly enc: Buffer; readonly key: SealingEpoch } | undefined> {
  const own = encapsulations[place - 1]
  const key = (await keyring.sealingKeys()).find(({ epoch }) => epoch === own?.keyEpoch)
  return own && key && { enc: own.enc, key }
}
