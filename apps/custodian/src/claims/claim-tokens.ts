import {
  type CustodianActions,
  claimContext,
  claimHash,
  decodeStatement,
  encodeToken,
  isCanonicalDocument,
  makeOwnerTag,
  makeToken,
  openMessage,
  statementHash,
} from '@pcbs/seal'
import type { Budget } from '../ledger.ts'
import { findSignatureFault, readOfficers } from '../officers.ts'
import type { OfficerRefusal } from '../refusals.ts'
import type { CustodianContext } from '../requests.ts'

/** Claim checks of a day: people at desks, and no more. */
const claimBudget: Budget = { perOfficer: 50, inAll: 500 }

const lifetimeMs = 5 * 60 * 1000

/** Makes a number's token and owner tag for an officer who has the number and a document before them. */
export async function claimTokens(
  { keyring, claims, officersFile }: CustodianContext,
  { statement, claim }: CustodianActions['claim_tokens']['request'],
): Promise<CustodianActions['claim_tokens']['answer'] | OfficerRefusal> {
  const check = decodeStatement('claim-check', statement.text)
  if (!check || check.claim !== claimHash(claim)) return 'malformed'
  const fault = findSignatureFault(await readOfficers(officersFile), check.officer, statement)
  if (fault) return fault === 'unknown' ? 'officer-unknown' : 'request-signature'
  if (!(Math.abs(Date.parse(check.at) - claims.nowMs) <= lifetimeMs)) return 'stale'
  const key = (await keyring.sealingKeys()).at(-1)
  const plain = key && (await openMessage(key.privateKey, claim, claimContext(check.check)))
  const content = plain && readClaim(plain.toString('utf8'))
  if (!content) return 'malformed'
  const entry = { id: check.check, hash: statementHash(statement.text), officer: check.officer }
  const admission = await claims.admit(entry, claimBudget)
  if (admission !== 'admitted' && admission !== 'repeated') return admission

  const current = await keyring.tokenEpoch()
  // Of every generation, newest first: what is on file may be of the one before.
  const tokens = Array.from({ length: current }, (_, place) => {
    const telcoKey = { epoch: current - place, key: keyring.derive('telco', check.telco, current - place) }
    return {
      subscription: encodeToken(makeToken(telcoKey, 'msisdn', content.msisdn)),
      ownerTag: makeOwnerTag(telcoKey.key, content.msisdn, content.document),
    }
  })
  return { tokens }
}

/** `msisdn ‖ 0x0A ‖ document`, both in core's canonical form. */
function readClaim(text: string): { readonly msisdn: string; readonly document: string } | undefined {
  const [msisdn = '', document = '', ...rest] = text.split('\n')
  const isClaim = rest.length === 0 && /^[0-9]{5,15}$/.test(msisdn) && isCanonicalDocument(document)
  return isClaim ? { msisdn, document } : undefined
}
