import type { KeyObject } from 'node:crypto'
import type { Schemas } from '@pcbs/contract'
import {
  emptyHead,
  findHeadFault,
  isSnapshotSigned,
  type ListChange,
  type ListEntry,
  nextHead,
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
 * Checks a snapshot, and that it is not older than what the copy holds.
 * @throws {SdkError} `list-invalid`; apply nothing then
 */
export function verifySnapshot(
  root: KeyObject,
  from: ListPosition,
  { entries, head, signature }: Schemas['BlockListSnapshot'],
): ListPosition {
  checkHead(root, head)
  if (!isSnapshotSigned(head, entries as readonly ListEntry[], signature))
    throw new SdkError('list-invalid', 'The snapshot’s entries are not the signed ones.')
  if (head.seq < from.seq)
    throw new SdkError(
      'list-invalid',
      `The snapshot ends at ${head.seq}, before ${from.seq}, which is applied here.`,
    )
  return { seq: head.seq, head: head.head }
}

function checkHead(root: KeyObject, head: SignedHead): void {
  const fault = findHeadFault(root, head)
  if (fault) throw new SdkError('list-invalid', `Its signature fails (${fault}).`)
}
