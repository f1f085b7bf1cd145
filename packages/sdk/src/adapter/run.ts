import { setTimeout as delay } from 'node:timers/promises'
import { type FollowEvent, followList } from '../block-list/follow.ts'
import { failureCode } from '../client/failure-code.ts'
import { patientPolicy } from '../client/retry.ts'
import { SdkError } from '../errors.ts'
import type { FeedProgress, FeedSummary } from '../feeds/send-feed.ts'
import { unlessAborted } from './aborted.ts'
import type { TelcoConfiguration } from './configuration.ts'
import type { AdapterFactory, TelcoAdapter } from './define-adapter.ts'
import { openAdapterList } from './list-state.ts'
import { type ToldOutage, tellOutages } from './outages.ts'
import { connectRegistry, fetchTelcoKey } from './session.ts'
import { periodUntil, readOwnPolicy, syncOnce } from './sync.ts'

/** What a running adapter tells its operator. */
export type AdapterEvent =
  | { readonly type: 'progress'; readonly progress: FeedProgress }
  | { readonly type: 'synced'; readonly summaries: readonly FeedSummary[] }
  /** `isHeld`: a feed of this telco waits for an officer, and no other is taken until they decide. */
  | ({
      readonly type: 'sync-failed'
      readonly reason: string
      readonly isHeld: boolean
    } & Partial<ToldOutage>)
  | ({ readonly type: 'list'; readonly event: FollowEvent } & Partial<ToldOutage>)
  /** Sync or list work again, after so many failures. */
  | ({ readonly type: 'recovered'; readonly part: 'sync' | 'list' } & ToldOutage)

/** How to run an adapter. */
export interface RunOptions {
  readonly configuration: TelcoConfiguration
  readonly factory: AdapterFactory
  readonly onEvent: (event: AdapterEvent) => void
  readonly signal: AbortSignal
}

/**
 * Syncs once and returns what became of each feed.
 * @throws the signal's reason as soon as it aborts
 */
export async function runOnce({
  configuration,
  factory,
  onEvent,
  signal,
}: RunOptions): Promise<readonly FeedSummary[]> {
  const registry = connectRegistry(configuration, ['feeds'], { ...patientPolicy, signal })
  const [client, key] = await unlessAborted(signal, Promise.all([registry, fetchTelcoKey(configuration)]))
  const { home, timeZone } = await unlessAborted(signal, readOwnPolicy({ client, configuration }))
  const period = periodUntil(Date.now(), { lookBackDays: configuration.lookBackDays, timeZone })
  const host = { ...configuration, home, period, signal }
  const adapter = await unlessAborted(signal, Promise.resolve(factory(host)))
  try {
    const onProgress = (progress: FeedProgress) => onEvent({ type: 'progress', progress })
    return await unlessAborted(signal, syncOnce({ client, key, adapter, configuration, period, onProgress }))
  } finally {
    await adapter.close?.()
  }
}

/** Syncs at every interval and keeps the telco's copy of the block list up to date, until the signal aborts. */
export async function runContinuously(options: RunOptions): Promise<void> {
  const told = { ...options, onEvent: tellOutages(options.onEvent) }
  await Promise.all([syncForever(told), listForever(told)])
}

/** A sync that failed is tried again after this long. */
const retryMs = 30_000

async function syncForever(options: RunOptions): Promise<void> {
  const { configuration, onEvent, signal } = options
  while (!signal.aborted) {
    let pauseMs = configuration.intervalSeconds * 1000
    try {
      onEvent({ type: 'synced', summaries: await runOnce(options) })
    } catch (error) {
      if (signal.aborted) return
      pauseMs = Math.min(pauseMs, retryMs)
      onEvent(describeFailure(error))
    }
    await delay(pauseMs, undefined, { signal }).catch(() => {})
  }
}

/** A failed sync as an event. Of errors that are not ours a code is said: a telco's own message may hold a customer's values. */
export function describeFailure(error: unknown): AdapterEvent & { readonly type: 'sync-failed' } {
  const isOurs = error instanceof SdkError
  return {
    type: 'sync-failed',
    reason: isOurs ? error.message : `The sync failed: ${failureCode(error)}.`,
    isHeld: isOurs && error.problem?.type === 'urn:pcbs:problem:feed-under-way',
  }
}

async function listForever({ configuration, factory, onEvent, signal }: RunOptions): Promise<void> {
  const period = periodUntil(Date.now(), configuration)
  const adapter: TelcoAdapter = await factory({ ...configuration, period, signal })
  try {
    if (!adapter.applyList) return
    await followList({
      client: await connectRegistry(configuration, ['list'], { ...patientPolicy, signal }),
      root: configuration.listRoot,
      copy: await openAdapterList(
        (updates) => adapter.applyList?.(updates) ?? Promise.resolve(),
        configuration.stateFolder,
      ),
      edge: 'adapter',
      onEvent: (event) => onEvent({ type: 'list', event }),
      signal,
    })
  } finally {
    await adapter.close?.()
  }
}
