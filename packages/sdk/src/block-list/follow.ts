import type { KeyObject } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ListChange, ListEntry } from '@pcbs/seal'
import { expectAnswer, type RegistryClient } from '../client/client.ts'
import { SdkError } from '../errors.ts'
import { type ListPosition, listStart, verifyChanges, verifySnapshot } from './verify.ts'

/** A copy of the block list. */
export interface ListCopy {
  /** How far it has come; `undefined` for a copy that was never filled. */
  readonly position: ListPosition | undefined
  /** Replaces everything. Returns once that is in force and survives a restart. */
  replace(entries: readonly ListEntry[], position: ListPosition): Promise<void>
  /** Adds changes in order. Returns once they are in force and survive a restart. */
  apply(changes: readonly ListChange[], position: ListPosition): Promise<void>
}

/** What a follower tells its operator. */
export type FollowEvent =
  | { readonly type: 'applied'; readonly seq: number; readonly changes: number }
  | { readonly type: 'alarm'; readonly reason: string }
  | { readonly type: 'away'; readonly reason: string }

/** How to follow the list. */
export interface FollowOptions {
  readonly client: RegistryClient
  /** The custodian's list root. */
  readonly root: KeyObject
  readonly copy: ListCopy
  /** This copy's own name, for the enforcement report. */
  readonly edge: string
  readonly onEvent: (event: FollowEvent) => void
  readonly signal: AbortSignal
}

/** How long the registry may hold a request open while nothing changes. */
const waitSeconds = 30

/** Pause after the registry could not be reached or sent something that does not verify. */
const pauseMs = 1000

/**
 * Keeps a copy of the block list up to date until the signal aborts: waits for changes, verifies them, applies
 * them in order, and acknowledges what is in force. What does not verify is refused and asked for as a
 * fresh snapshot.
 */
export async function followList(options: FollowOptions): Promise<void> {
  const { copy, onEvent, signal } = options
  const acknowledge = createAcknowledger(options)
  let isSnapshotNeeded = copy.position === undefined
  if (copy.position) acknowledge(copy.position.seq)
  while (!signal.aborted) {
    try {
      const changes = isSnapshotNeeded ? await takeSnapshot(options) : await takeChanges(options)
      isSnapshotNeeded = false
      const { seq } = copy.position ?? listStart
      if (changes > 0) onEvent({ type: 'applied', seq, changes })
      acknowledge(seq)
    } catch (error) {
      if (signal.aborted) return
      const reason = error instanceof SdkError ? error.message : 'The registry could not be followed.'
      const isInvalid =
        error instanceof SdkError && (error.code === 'list-invalid' || isSequenceUnknown(error))
      if (isInvalid) isSnapshotNeeded = true
      onEvent({ type: isInvalid ? 'alarm' : 'away', reason })
      await delay(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
}

async function takeChanges({ client, root, copy, signal }: FollowOptions): Promise<number> {
  const from = copy.position ?? listStart
  const answer = expectAnswer(
    await client.GET('/v1/block-list/changes', {
      params: { query: { after: from.seq, waitSeconds } },
      signal,
    }),
  )
  const reached = verifyChanges(root, from, answer)
  if (answer.changes.length > 0) await copy.apply(answer.changes, reached)
  return answer.changes.length
}

async function takeSnapshot({ client, root, copy, signal }: FollowOptions): Promise<number> {
  const answer = expectAnswer(await client.GET('/v1/block-list/snapshot', { signal }))
  const reached = verifySnapshot(root, copy.position ?? listStart, answer)
  await copy.replace(answer.entries, reached)
  return answer.entries.length
}

/** Tells the registry the newest sequence in force; while one message is under way, newer ones overtake older. */
function createAcknowledger({ client, edge, signal }: FollowOptions): (seq: number) => void {
  let wanted = -1
  let said = -1
  let isSending = false
  return (seq) => {
    wanted = Math.max(wanted, seq)
    if (!isSending) void send()
  }

  async function send(): Promise<void> {
    isSending = true
    while (said < wanted && !signal.aborted) {
      const seq = wanted
      try {
        expectAnswer(await client.POST('/v1/enforcement/acknowledgements', { body: { edge, seq }, signal }))
        said = seq
      } catch {
        await delay(pauseMs, undefined, { signal }).catch(() => {})
      }
    }
    isSending = false
  }
}

function isSequenceUnknown({ problem }: SdkError): boolean {
  return problem?.errors?.some(({ code }) => code === 'sequence-unknown') ?? false
}
