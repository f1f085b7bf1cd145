import type { KeyObject } from 'node:crypto'
import type { Schemas } from '@pcbs/contract'
import {
  emptyHead,
  findHeadFault,
  isSnapshotSigned,
  type ListChange,
  nextHead,
  type OpenSnapshot,
  rebuildChange,
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

/** Changes that may be applied, and where a copy stands then. */
export interface VerifiedChanges {
  /** Made anew from the bytes that are signed. */
  readonly changes: readonly ListChange[]
  readonly position: ListPosition
  /** When the registry signed them. */
  readonly signedAtMs: number
}

/**
 * Checks that changes continue a copy without gaps, and that the registry signed the result.
 * @returns what to apply: nothing else of the answer is signed
 * @throws {SdkError} `list-invalid`, whatever the answer is; apply nothing then
 */
export function openChanges(
  root: KeyObject,
  from: ListPosition,
  answer: Schemas['BlockListChanges'],
): VerifiedChanges {
  return refusingMalformed(() => {
    const { changes: claimed, head } = answer
    const changes: ListChange[] = []
    let { seq } = from
    let running: Uint8Array = Buffer.from(from.head, 'hex')
    for (const each of claimed) {
      const change = rebuildChange(each)
      if (!change) throw new SdkError('list-invalid', `What follows ${seq} is no change as it is signed.`)
      if (change.seq !== seq + 1) throw new SdkError('list-invalid', `A change is missing after ${seq}.`)
      running = nextHead(running, change)
      seq = change.seq
      changes.push(change)
    }
    const position: ListPosition = { seq, head: Buffer.from(running).toString('hex') }
    checkHead(root, head)
    if (head.seq !== position.seq || head.head !== position.head)
      throw new SdkError('list-invalid', `Its history up to ${seq} is another than the one applied here.`)
    return { changes, position, signedAtMs: head.signedAtMs }
  })
}

/**
 * The same, for who only wants to know whether they hold.
 * @returns where the copy stands once they are applied
 * @throws {SdkError} `list-invalid`; apply nothing then
 */
export function verifyChanges(
  root: KeyObject,
  from: ListPosition,
  answer: Schemas['BlockListChanges'],
): ListPosition {
  return openChanges(root, from, answer).position
}

/**
 * Checks what is promised of a snapshot before its bytes are fetched: they may be many.
 * @throws {SdkError} `list-invalid`
 */
export function checkPromise(root: KeyObject, promised: Schemas['BlockListSnapshot']): void {
  refusingMalformed(() => {
    const { head, digest, bytes, signature } = promised
    checkHead(root, head)
    if (!Number.isSafeInteger(bytes) || !isSnapshotSigned(head, digest, signature))
      throw new SdkError('list-invalid', 'The snapshot that is offered is not a signed one.')
  })
}

/**
 * Checks that a snapshot's bytes are those that the registry signed for a place in the history.
 * @returns where a copy stands that begins from it
 * @throws {SdkError} `list-invalid`; apply nothing then
 */
export function verifySnapshot(
  root: KeyObject,
  promised: Schemas['BlockListSnapshot'],
  snapshot: OpenSnapshot,
): ListPosition {
  return refusingMalformed(() => {
    const { head, digest, signature } = promised
    checkHead(root, head)
    const { header } = snapshot
    const isPromised = snapshot.digest === digest && header.seq === head.seq && header.head === head.head
    if (!isPromised || !isSnapshotSigned(head, digest, signature))
      throw new SdkError('list-invalid', 'The snapshot is not the signed one.')
    return { seq: head.seq, head: head.head }
  })
}

/** What has not even the form of an answer is refused like one that is not signed: the contract is not held against it. */
function refusingMalformed<Value>(check: () => Value): Value {
  try {
    return check()
  } catch (error) {
    if (error instanceof SdkError) throw error
    throw new SdkError('list-invalid', 'It does not have the form of a list.', { cause: error })
  }
}

function checkHead(root: KeyObject, head: SignedHead): void {
  const fault = findHeadFault(root, head)
  if (fault) throw new SdkError('list-invalid', `Its signature fails (${fault}).`)
}
