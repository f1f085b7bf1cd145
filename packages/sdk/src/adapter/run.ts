import { setTimeout as delay } from 'node:timers/promises'
import { type FollowEvent, followList } from '../block-list/follow.ts'
import { SdkError } from '../errors.ts'
import type { FeedProgress, FeedSummary } from '../feeds/send-feed.ts'
import type { TelcoConfiguration } from './configuration.ts'
import type { AdapterFactory, TelcoAdapter } from './define-adapter.ts'
import { openAdapterList } from './list-state.ts'
import { connectRegistry, fetchTelcoKey } from './session.ts'
import { periodUntil, readOwnPolicy, syncOnce } from './sync.ts'

/** What a running adapter tells its operator. */
export type AdapterEvent =
  | { readonly type: 'progress'; readonly progress: FeedProgress }
  | { readonly type: 'synced'; readonly summaries: readonly FeedSummary[] }
  | { readonly type: 'sync-failed'; readonly reason: string }
  | { readonly type: 'list'; readonly event: FollowEvent }

/** How to run an adapter. */
export interface RunOptions {
  readonly configuration: TelcoConfiguration
  readonly factory: AdapterFactory
  readonly onEvent: (event: AdapterEvent) => void
  readonly signal: AbortSignal
}

/** Syncs once and returns what became of each feed. */
export async function runOnce({
  configuration,
  factory,
  onEvent,
  signal,
}: RunOptions): Promise<readonly FeedSummary[]> {
  const [client, key] = await Promise.all([
    connectRegistry(configuration, ['feeds']),
    fetchTelcoKey(configuration),
  ])
  const { home, timeZone } = await readOwnPolicy({ client, configuration })
  const period = periodUntil(Date.now(), { lookBackDays: configuration.lookBackDays, timeZone })
  const adapter = await factory({ ...configuration, home, period, signal })
  try {
    const onProgress = (progress: FeedProgress) => onEvent({ type: 'progress', progress })
    return await syncOnce({ client, key, adapter, configuration, period, onProgress })
  } finally {
    await adapter.close?.()
  }
}

/** Syncs at every interval and keeps the telco's copy of the block list up to date, until the signal aborts. */
export async function runContinuously(options: RunOptions): Promise<void> {
  await Promise.all([syncForever(options), listForever(options)])
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
      pauseMs = Math.min(pauseMs, retryMs)
      onEvent({ type: 'sync-failed', reason: error instanceof SdkError ? error.message : 'The sync failed.' })
    }
    await delay(pauseMs, undefined, { signal }).catch(() => {})
  }
}

async function listForever({ configuration, factory, onEvent, signal }: RunOptions): Promise<void> {
  const period = periodUntil(Date.now(), configuration)
  const adapter: TelcoAdapter = await factory({ ...configuration, period, signal })
  try {
    if (!adapter.applyList) return
    await followList({
      client: await connectRegistry(configuration, ['list']),
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
