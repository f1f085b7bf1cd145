import type { KeyObject } from 'node:crypto'
import type { Schemas } from '@pcbs/contract'
import {
  emptyHead,
  findHeadFault,
  isSnapshotSigned,
  type ListChange,
  nextHead,
  type OpenSnapshot,
  type SignedHead,
} from '@pcbs/seal'
import { SdkError } from '../errors.ts'

/** How far a copy of the list has come: everything up to `seq`, whose history hashes to `head`. */
export interface ListPosition {
  readonly seq: number
  /** 32 bytes in hex. */
  readonly head: string
}

/** Where a copy begins that holds nothing. */
export const listStart: ListPosition = { seq: 0, head: emptyHead.toString('hex') }

/**
 * Checks that changes continue a copy without gaps, and that the registry signed the result.
 * @returns where the copy stands once they are applied
 * @throws {SdkError} `list-invalid`; apply nothing then
 */
export function verifyChanges(
  root: KeyObject,
  from: ListPosition,
  { changes, head }: Schemas['BlockListChanges'],
): ListPosition {
  let { seq } = from
  let running: Uint8Array = Buffer.from(from.head, 'hex')
  for (const change of changes as readonly ListChange[]) {
    if (change.seq !== seq + 1) throw new SdkError('list-invalid', `A change is missing after ${seq}.`)
    running = nextHead(running, change)
    seq = change.seq
  }
  const reached: ListPosition = { seq, head: Buffer.from(running).toString('hex') }
  checkHead(root, head)
  if (head.seq !== reached.seq || head.head !== reached.head)
    throw new SdkError('list-invalid', `Its history up to ${seq} is another than the one applied here.`)
  return reached
}

/**
 * Checks that a snapshot's bytes are those that the registry signed for a place in the history.
 * @returns where a copy stands that begins from it
 * @throws {SdkError} `list-invalid`; apply nothing then
 */
export function verifySnapshot(
  root: KeyObject,
  { head, digest, signature }: Schemas['BlockListSnapshot'],
  snapshot: OpenSnapshot,
): ListPosition {
  checkHead(root, head)
  const { header } = snapshot
  const isPromised = snapshot.digest === digest && header.seq === head.seq && header.head === head.head
  if (!isPromised || !isSnapshotSigned(head, digest, signature))
    throw new SdkError('list-invalid', 'The snapshot is not the signed one.')
  return { seq: head.seq, head: head.head }
}

function checkHead(root: KeyObject, head: SignedHead): void {
  const fault = findHeadFault(root, head)
  if (fault) throw new SdkError('list-invalid', `Its signature fails (${fault}).`)
}
