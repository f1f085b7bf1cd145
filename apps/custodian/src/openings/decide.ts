import type { KeyObject } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  decodeLogEntry,
  decodeStatement,
  hashLeaf,
  isIncluded,
  type OpeningEvidence,
  openCheckpoint,
  openedFields,
  openingLifetimeMs,
  openingPurposes,
  type RecordOwner,
  readSealedRecord,
  readWireOwner,
  recordHash,
  type SealedRecord,
  statementHash,
} from '@pcbs/seal'
import { hasSigned, type Officer } from '../officers.ts'
import type { OfficerRefusal } from '../refusals.ts'

/** What an opening is held against. */
export interface OpeningRules {
  readonly officers: readonly Officer[]
  /** The root that vouches for the key of the log's checkpoints. */
  readonly logRoot: KeyObject
  /** The epoch of that key, where it is known which one is in use. */
  readonly logKeyEpoch: number | undefined
  readonly nowMs: number
}

/** An opening that everything speaks for, budgets and erasures left aside. */
export interface ProvenOpening {
  readonly opening: string
  readonly officer: string
  readonly requestHash: string
  /** Hash of the whole evidence that the two officers gave. */
  readonly hash: string
  readonly recipient: string
  readonly owner: RecordOwner
  readonly record: SealedRecord
}

/** Clocks may differ by some minutes. */
const clockSkewMs = 5 * 60 * 1000

/** Decides whether the evidence is whole: two officers, one record, in the log. */
export function proveOpening(evidence: OpeningEvidence, rules: OpeningRules): ProvenOpening | OfficerRefusal {
  const request = decodeStatement('opening-request', evidence.request.text)
  const approval = decodeStatement('opening-approval', evidence.approval.text)
  const bytes = Buffer.from(evidence.record.sealed, 'base64url')
  const record = readSealedRecord(bytes)
  if (!request || !approval || !record) return 'malformed'
  const requester = rules.officers.find(({ id }) => id === request.officer)
  const approver = rules.officers.find(({ id }) => id === approval.officer)
  if (!requester || !approver) return 'officer-unknown'
  if (!hasSigned(requester, evidence.request)) return 'request-signature'
  if (!hasSigned(approver, evidence.approval)) return 'approval-signature'
  // Two names with one key are one officer.
  if (requester.id === approver.id || requester.publicKey === approver.publicKey) return 'same-officer'
  const requestHash = statementHash(evidence.request.text)
  if (approval.request !== requestHash || approval.opening !== request.opening) return 'other-request'
  if (!(openingPurposes as readonly string[]).includes(request.purpose)) return 'purpose-unknown'
  if (!isRecent(request.at, rules.nowMs) || !isRecent(approval.at, rules.nowMs)) return 'stale'

  const entry = findLoggedEntry(evidence.logged, rules)
  const expected = openedFields(evidence.request.text, evidence.approval.text)
  const isThisOpening = entry?.type === 'record-opened' && isDeepStrictEqual({ ...entry.fields }, expected)
  if (!isThisOpening) return 'not-logged'

  const owner = readWireOwner(evidence.record)
  if (owner?.epoch !== record.tokenEpoch) return 'malformed'
  if (recordHash(bytes, owner) !== request.record) return 'other-record'
  return {
    opening: request.opening,
    officer: request.officer,
    requestHash,
    hash: `${requestHash}.${statementHash(evidence.approval.text)}`,
    recipient: request.recipient,
    owner,
    record,
  }
}

function isRecent(at: string, nowMs: number): boolean {
  const atMs = Date.parse(at)
  return atMs > nowMs - openingLifetimeMs && atMs < nowMs + clockSkewMs
}

/** The entry, if a checkpoint that the log's key signed contains it. */
function findLoggedEntry(
  { entry, index, hashes, note }: OpeningEvidence['logged'],
  { logRoot, logKeyEpoch }: OpeningRules,
): ReturnType<typeof decodeLogEntry> {
  const checkpoint = openCheckpoint(note, note.split('\n', 1)[0] ?? '', logRoot)
  if (!checkpoint || checkpoint.keyEpoch !== (logKeyEpoch ?? checkpoint.keyEpoch)) return undefined
  const leaf = { hash: hashLeaf(Buffer.from(entry)), index }
  const proof = hashes.map((hash) => Buffer.from(hash, 'base64'))
  return isIncluded(leaf, checkpoint, proof) ? decodeLogEntry(entry) : undefined
}
