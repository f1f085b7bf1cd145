import { deriveKey, type TelcoKey } from '@pcbs/seal'
import { ChangeDetector } from '../changes/detect.ts'
import { lockState } from '../changes/lock.ts'
import { type StateLine, StateSealer } from '../changes/state-line.ts'
import { expectAnswer, type RegistryClient } from '../client/client.ts'
import { type FeedJob, type FeedProgress, type FeedSummary, sendFeed } from '../feeds/send-feed.ts'
import { type FeedKind, type OutgoingRow, RowEncoder, type SourceRows } from '../feeds/source-rows.ts'
import type { TelcoConfiguration } from './configuration.ts'
import type { TelcoAdapter } from './define-adapter.ts'
import { checkPolicy } from './session.ts'

/** What a sync works with. */
export interface SyncParts {
  readonly client: RegistryClient
  readonly key: TelcoKey
  readonly adapter: TelcoAdapter
  readonly configuration: Pick<TelcoConfiguration, 'home' | 'stateFolder'>
  readonly period: { readonly from: string; readonly to: string }
  readonly onProgress?: (progress: FeedProgress) => void
}

/** Subscribers first: a pairing's subscription is then known when a case asks for it. */
const kinds = ['subscribers', 'pairings'] as const satisfies readonly FeedKind[]

/**
 * Sends both feeds once: what changed since the last sync, or everything where the registry and the adapter do not
 * agree on what that was.
 */
export async function syncOnce(parts: SyncParts): Promise<readonly FeedSummary[]> {
  const unlock = await lockState(parts.configuration.stateFolder)
  try {
    const policyVersion = await checkPolicy(parts.client)
    const summaries: FeedSummary[] = []
    for (const kind of kinds) summaries.push(await syncKind(kind, parts, policyVersion))
    return summaries
  } finally {
    await unlock()
  }
}

async function syncKind(kind: FeedKind, parts: SyncParts, policyVersion: number): Promise<FeedSummary> {
  const { client, key, configuration, period, onProgress } = parts
  const stateKey = deriveKey(key.key, { purpose: 'state', owner: kind, epoch: key.epoch })
  const sealer = new StateSealer(kind, stateKey)
  const detector = new ChangeDetector(kind, configuration.stateFolder, sealer)
  const gathered = await detector.gather(stateLines(kind, parts, sealer))
  const synced = await detector.synced()
  const isAgreed = synced?.epoch === key.epoch && synced.feed === (await findLastApplied(client, kind))
  const job: FeedJob = {
    kind,
    mode: isAgreed ? 'delta' : 'snapshot',
    period,
    policyVersion,
    rows: isAgreed ? gathered.changes : gathered.everything,
  }
  const summary = await sendFeed(client, job, onProgress)
  if (summary.feed.state === 'applied') await gathered.keep({ feed: summary.feed.number, epoch: key.epoch })
  return { ...summary, sourceRows: gathered.rows }
}

/** Number of the newest feed that the registry applied. */
async function findLastApplied(client: RegistryClient, kind: FeedKind): Promise<number | undefined> {
  const { items } = expectAnswer(await client.GET('/v1/feeds', { params: { query: { kind, limit: 20 } } }))
  return items.find(({ state }) => state === 'applied')?.number
}

async function* stateLines<Kind extends FeedKind>(
  kind: Kind,
  { adapter, key, configuration }: SyncParts,
  sealer: StateSealer,
): AsyncIterable<StateLine> {
  const encoder = new RowEncoder(configuration.home, key)
  for await (const row of rowsInForce(kind, adapter)) {
    const { line: _position, ...content } = row
    yield sealer.seal(encoder.encode(kind, row), () => JSON.stringify(content))
  }
}

/** A source's rows as lines. */
export async function* encodeRows<Kind extends FeedKind>(
  kind: Kind,
  {
    adapter,
    key,
    configuration,
  }: Pick<SyncParts, 'adapter' | 'key'> & { readonly configuration: Pick<TelcoConfiguration, 'home'> },
): AsyncIterable<OutgoingRow> {
  const encoder = new RowEncoder(configuration.home, key)
  for await (const row of rowsInForce(kind, adapter)) yield encoder.encode(kind, row)
}

/** A source's rows without subscriptions that have ended. */
async function* rowsInForce<Kind extends FeedKind>(
  kind: Kind,
  adapter: TelcoAdapter,
): AsyncIterable<SourceRows[Kind]> {
  // Each kind's source yields that kind's rows.
  const source = adapter[kind]() as AsyncIterable<SourceRows[Kind]>
  for await (const row of source) {
    if (kind === 'subscribers' && 'isActive' in row && !row.isActive) continue
    yield row
  }
}

const dayMs = 24 * 60 * 60 * 1000

/** The days of use that pairings cover: the look-back, up to today. */
export function periodUntil(nowMs: number, lookBackDays: number): { from: string; to: string } {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  return { from: day(nowMs - lookBackDays * dayMs), to: day(nowMs) }
}
