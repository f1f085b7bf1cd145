import type { TelcoKey } from '@pcbs/seal'
import type { RegistryClient } from '../client/client.ts'
import { type FeedProgress, type FeedSummary, sendFeed } from '../feeds/send-feed.ts'
import { type FeedKind, type OutgoingRow, RowEncoder, type SourceRows } from '../feeds/source-rows.ts'
import type { TelcoConfiguration } from './configuration.ts'
import type { TelcoAdapter } from './define-adapter.ts'
import { checkPolicy } from './session.ts'

/** What a sync works with. */
export interface SyncParts {
  readonly client: RegistryClient
  readonly key: TelcoKey
  readonly adapter: TelcoAdapter
  readonly configuration: Pick<TelcoConfiguration, 'home'>
  readonly period: { readonly from: string; readonly to: string }
  readonly onProgress?: (progress: FeedProgress) => void
}

/** Subscribers first: a pairing's subscription is then known when a case asks for it. */
const kinds = ['subscribers', 'pairings'] as const satisfies readonly FeedKind[]

/** Sends both feeds once, each as a snapshot of what the telco holds. */
export async function syncOnce(parts: SyncParts): Promise<readonly FeedSummary[]> {
  const policyVersion = await checkPolicy(parts.client)
  const summaries: FeedSummary[] = []
  for (const kind of kinds) {
    const rows = () => encodeRows(kind, parts)
    const { period } = parts
    summaries.push(
      await sendFeed(parts.client, { kind, mode: 'snapshot', period, policyVersion, rows }, parts.onProgress),
    )
  }
  return summaries
}

/** A source's rows as lines. */
export async function* encodeRows<Kind extends FeedKind>(
  kind: Kind,
  { adapter, key, configuration }: Pick<SyncParts, 'adapter' | 'key' | 'configuration'>,
): AsyncIterable<OutgoingRow> {
  const encoder = new RowEncoder(configuration.home, key)
  // Each kind's source yields that kind's rows.
  const source = adapter[kind]() as AsyncIterable<SourceRows[Kind]>
  for await (const row of source) {
    if (kind === 'subscribers' && 'isActive' in row && !row.isActive) continue
    yield encoder.encode(kind, row)
  }
}

const dayMs = 24 * 60 * 60 * 1000

/** The days of use that pairings cover: the look-back, up to today. */
export function periodUntil(nowMs: number, lookBackDays: number): { from: string; to: string } {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  return { from: day(nowMs - lookBackDays * dayMs), to: day(nowMs) }
}
