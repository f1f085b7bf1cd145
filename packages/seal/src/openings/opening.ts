import type { KeyObject } from 'node:crypto'
import type { ReleasedShare, WireOwner } from '../custodian/protocol.ts'
import { readWireOwner } from '../custodian/wire-owner.ts'
import type { LogFields } from '../log/entry.ts'
import type { SealedContent } from '../sealed/content.ts'
import { openMessage } from '../sealed/hpke.ts'
import { openRecord, readSealedRecord } from '../sealed/record.ts'
import { decodeStatement, shareContext, statementHash } from './statement.ts'

/** How long after it was signed a request or an approval is good for. */
export const openingLifetimeMs: number = 24 * 60 * 60 * 1000

/**
 * What the log's entry `record-opened` says of an opening: the registry writes it, every custodian looks for it.
 * @returns `undefined` where a text is no statement of its type
 */
export function openedFields(
  requestText: string,
  approvalText: string,
): LogFields<'record-opened'> | undefined {
  const request = decodeStatement('opening-request', requestText)
  const approval = decodeStatement('opening-approval', approvalText)
  return (
    request &&
    approval && {
      opening: request.opening,
      case: request.case,
      request: `sha256:${statementHash(requestText)}`,
      approval: `sha256:${statementHash(approvalText)}`,
      requester: `officer:${request.officer}`,
      approver: `officer:${approval.officer}`,
    }
  )
}

/** What the registry releases of an opening: the record as it is stored, and a share of its key from each custodian. */
export interface ReleasedRecord extends WireOwner {
  /** base64url. */
  readonly sealed: string
  /** In the order of the record's custodians. */
  readonly shares: readonly ReleasedShare[]
}

/**
 * Reads a released record at the asking officer's end.
 * @param recipient the key that the request named
 * @returns `undefined` where a share is missing or another's, or the record another's
 */
export async function openReleased(
  released: ReleasedRecord,
  recipient: KeyObject,
  requestText: string,
): Promise<SealedContent | undefined> {
  const context = shareContext(statementHash(requestText))
  const opened = await Promise.all(released.shares.map(({ share }) => openMessage(recipient, share, context)))
  const shares = opened.filter((share) => share !== undefined)
  const record = readSealedRecord(Buffer.from(released.sealed, 'base64url'))
  const owner = readWireOwner(released)
  return record && owner && shares.length === opened.length ? openRecord(record, owner, shares) : undefined
}
