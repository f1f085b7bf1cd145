import type { KeyObject } from 'node:crypto'
import { addAbortSignal, Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { setTimeout as delay } from 'node:timers/promises'
import type { Schemas } from '@pcbs/contract'
import type { ListChange } from '@pcbs/seal'
import { expectAnswer, type RegistryClient } from '../client/client.ts'
import { failureCode } from '../client/failure-code.ts'
import { SdkError } from '../errors.ts'
import { createAcknowledger } from './acknowledge.ts'
import { answerMs } from './answer-time.ts'
import { readEvents } from './event-reader.ts'
import { fetchSnapshot, type ListSnapshot } from './snapshot-download.ts'
import { type ListPosition, listStart, openChanges } from './verify.ts'

/** A copy of the block list. */
export interface ListCopy {
  /** How far it has come; `undefined` for a copy that was never filled. */
  readonly position: ListPosition | undefined
  /** Where snapshots are downloaded to; what broke off there is gone on with. */
  readonly folder: string
  /**
   * The sequence of the snapshot that it began from, where so much has changed since that it would rather begin from a
   * newer one; `undefined` where it is content.
   */
  readonly outgrownSnapshot?: number | undefined
  /**
   * Begins anew from a snapshot, or from nothing where there is none yet, and the changes since. Returns once that is in
   * force and survives a restart.
   */
  replace(
    snapshot: ListSnapshot | undefined,
    changes: readonly ListChange[],
    position: ListPosition,
  ): Promise<void>
  /** Adds changes in order. Returns once they are in force, and survive a restart where there is no {@link save}. */
  apply(changes: readonly ListChange[], position: ListPosition): Promise<void>
  /**
   * Has what is in force survive a restart, as far as the disk takes it; what it does not take is tried again at the next
   * call. Gives how far that is: no more is acknowledged.
   */
  save?(): Promise<ListPosition | undefined>
}

/** What a follower tells its operator. */
export type FollowEvent =
  | { readonly type: 'applied'; readonly seq: number; readonly changes: number }
  | { readonly type: 'replaced'; readonly seq: number; readonly snapshotSeq: number }
  /** The registry said at that time that the copy is whole. */
  | { readonly type: 'current'; readonly atMs: number }
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

/** A stream that is silent for so long is given up: it tells of itself sooner. */
const silentMs = 40_000

/** Pause after the registry could not be reached, or sent something that does not verify. */
const pauseMs = 1000

/** The list is taken anew no less often, however long what is sent does not verify. */
const longestPauseMs = 60_000

/** The pause after so many alarms without one batch that verified: each time the whole list is fetched. */
export function pauseAfterAlarms(alarms: number): number {
  return Math.min(longestPauseMs, pauseMs * 2 ** (alarms - 1))
}

/** A newer snapshot is looked for this often. */
const renewalMs = 60_000

/**
 * Keeps a copy of the block list up to date until the signal aborts: follows the stream of changes, verifies them, applies
 * them in order, and acknowledges what is in force. What does not verify is refused and healed by a fresh snapshot, with
 * the copy as it was in force until that is whole and not older than the copy.
 */
export async function followList(given: FollowOptions): Promise<void> {
  let alarms = 0
  const onEvent = (event: FollowEvent) => {
    if (event.type === 'alarm') alarms += 1
    if (event.type === 'current') alarms = 0
    given.onEvent(event)
  }
  const options = { ...given, onEvent }
  const { copy, signal } = options
  const acknowledge = createAcknowledger(options)
  const renewal = createRenewal(options)
  let isSnapshotNeeded = copy.position === undefined
  if (copy.position) acknowledge(copy.position.seq)
  while (!signal.aborted) {
    try {
      if (isSnapshotNeeded) await beginAnew(options, await fetchSnapshot(options))
      else if (renewal.ready) await beginAnew(options, renewal.take())
      else
        await followStream(options, async () => {
          acknowledge(await savedSeq(copy))
          renewal.prepare()
          return renewal.ready === undefined
        })
      isSnapshotNeeded = false
      acknowledge(await savedSeq(copy))
    } catch (error) {
      if (signal.aborted) return
      const reason =
        error instanceof SdkError
          ? error.message
          : `The registry could not be followed: ${failureCode(error)}.`
      const isInvalid =
        error instanceof SdkError && (error.code === 'list-invalid' || isSequenceUnknown(error))
      if (isInvalid) isSnapshotNeeded = true
      onEvent({ type: isInvalid ? 'alarm' : 'away', reason })
      await delay(isInvalid ? pauseAfterAlarms(alarms) : pauseMs, undefined, { signal }).catch(() => {})
    }
  }
}

async function savedSeq(copy: ListCopy): Promise<number> {
  const saved = copy.save ? await copy.save() : copy.position
  return saved?.seq ?? 0
}

/** Applies what the stream brings, until it ends or `onApplied` says so. */
async function followStream(options: FollowOptions, onApplied: () => Promise<boolean>): Promise<void> {
  const { client, root, copy, onEvent, signal } = options
  const late = new AbortController()
  const alarm = setTimeout(
    () => late.abort(new DOMException('The stream is silent.', 'TimeoutError')),
    silentMs,
  )
  const over = AbortSignal.any([signal, late.signal])
  try {
    const answer = await client.GET('/v1/block-list/stream', {
      params: { query: { after: copy.position?.seq ?? 0 } },
      parseAs: 'stream',
      signal: over,
    })
    // The signal once more: a request that is long answered may not be there any more to hand it on.
    const body = addAbortSignal(over, Readable.fromWeb(expectAnswer(answer) as unknown as ReadableStream))
    for await (const text of readEvents(body)) {
      alarm.refresh()
      const { changes, position, signedAtMs } = openChanges(
        root,
        copy.position ?? listStart,
        parseBatch(text),
      )
      if (changes.length > 0) {
        await copy.apply(changes, position)
        onEvent({ type: 'applied', seq: position.seq, changes: changes.length })
      }
      onEvent({ type: 'current', atMs: signedAtMs })
      if (!(await onApplied())) return
    }
  } finally {
    clearTimeout(alarm)
    late.abort()
  }
}

/** Reads what the stream sent; what it is worth is for those who verify it. */
function parseBatch(text: string): Schemas['BlockListChanges'] {
  try {
    return JSON.parse(text) as Schemas['BlockListChanges']
  } catch (cause) {
    throw new SdkError('list-invalid', 'It is not JSON.', { cause })
  }
}

/** Takes a snapshot and what has changed since, and only then puts both in force. */
async function beginAnew(options: FollowOptions, snapshot: ListSnapshot | undefined): Promise<void> {
  const { root, copy, onEvent } = options
  const former = copy.position ?? listStart
  const changes: ListChange[] = []
  let reached = snapshot?.position ?? listStart
  for (;;) {
    const verified = openChanges(root, reached, await askChanges(options, reached.seq))
    reached = verified.position
    if (verified.changes.length === 0) break
    for (const change of verified.changes) changes.push(change)
  }
  if (reached.seq < former.seq)
    throw new SdkError(
      'list-invalid',
      `The registry’s list ends at ${reached.seq}, before ${former.seq}, which is applied here.`,
    )
  await copy.replace(snapshot, changes, reached)
  onEvent({ type: 'replaced', seq: reached.seq, snapshotSeq: snapshot?.position.seq ?? 0 })
}

async function askChanges(
  { client, signal }: FollowOptions,
  after: number,
): Promise<Schemas['BlockListChanges']> {
  return expectAnswer(
    await client.GET('/v1/block-list/changes', {
      params: { query: { after } },
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
    }),
  )
}

/** Gets a newer snapshot beside the changes, which go on meanwhile, where a copy has outgrown its own. */
function createRenewal(options: FollowOptions) {
  let ready: ListSnapshot | undefined
  let isUnderWay = false
  let nextMs = 0

  return {
    get ready() {
      return ready
    },
    take() {
      const taken = ready
      ready = undefined
      return taken
    },
    prepare(): void {
      const { outgrownSnapshot } = options.copy
      if (outgrownSnapshot === undefined || isUnderWay || ready || performance.now() < nextMs) return
      isUnderWay = true
      nextMs = performance.now() + renewalMs
      fetchSnapshot(options, outgrownSnapshot)
        .then((snapshot) => {
          ready = snapshot
        })
        // What went wrong is tried again in a while: the copy is whole without it.
        .catch(() => {})
        .finally(() => {
          isUnderWay = false
        })
    },
  }
}

function isSequenceUnknown({ problem }: SdkError): boolean {
  return problem?.errors?.some(({ code }) => code === 'sequence-unknown') ?? false
}
