import { addDays, dayAt, type TimeZone } from '@pcbs/core'
import { deriveKey, type TelcoKey } from '@pcbs/seal'
import { ChangeDetector } from '../changes/detect.ts'
import { lockState } from '../changes/lock.ts'
import { expectAnswer, type RegistryClient } from '../client/client.ts'
import { SdkError } from '../errors.ts'
import type { Source } from '../feeds/row-batches.ts'
import { type FeedJob, type FeedProgress, type FeedSummary, sendFeed } from '../feeds/send-feed.ts'
import type { FeedKind, SourceRows } from '../feeds/source-rows.ts'
import { followLog } from '../log/follow.ts'
import { ProofArchive } from '../receipts/archive.ts'
import type { TelcoConfiguration } from './configuration.ts'
import type { TelcoAdapter } from './define-adapter.ts'
import { throughMidnight } from './midnight.ts'
import { requireNotWithdrawn } from './policy-floor.ts'
import { type PolicyInForce, readPolicy } from './session.ts'

/** What a sync works with. */
export interface SyncParts {
  readonly client: RegistryClient
  readonly key: TelcoKey
  readonly adapter: TelcoAdapter
  readonly configuration: Pick<
    TelcoConfiguration,
    'telco' | 'registryUrl' | 'privateKey' | 'listRoot' | 'stateFolder'
  >
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
    await followLog(parts.client, parts.configuration)
    const summaries: FeedSummary[] = []
    for (const kind of kinds) summaries.push(await syncByPolicy(kind, parts))
    return summaries
  } finally {
    await unlock()
  }
}

/** Sends a feed by the policy in force; where another was published just then, by that one. */
async function syncByPolicy(kind: FeedKind, parts: SyncParts): Promise<FeedSummary> {
  try {
    return await syncKind(kind, parts, await readOwnPolicy(parts))
  } catch (error) {
    const isOutdated = error instanceof SdkError && error.problem?.type === 'urn:pcbs:problem:policy-outdated'
    if (!isOutdated) throw error
    return syncKind(kind, parts, await readOwnPolicy(parts))
  }
}

/**
 * The collection policy in force, held to the newest one seen here.
 * @throws {SdkError} `policy-invalid` for one that is not signed, or older
 */
export async function readOwnPolicy({
  client,
  configuration,
}: Pick<SyncParts, 'client' | 'configuration'>): Promise<PolicyInForce> {
  return requireNotWithdrawn(await readPolicy(client, configuration), configuration.stateFolder)
}

async function syncKind<Kind extends FeedKind>(
  kind: Kind,
  { client, key, adapter, configuration, period, onProgress }: SyncParts,
  policy: PolicyInForce,
): Promise<FeedSummary> {
  const stateKey = deriveKey(key.key, { purpose: 'state', owner: kind, epoch: key.epoch })
  const { telco, privateKey, stateFolder: folder } = configuration
  const archive = new ProofArchive(folder, configuration.listRoot)
  await archive.catchUp(client, kind)
  const { version: policyVersion, home, sealing } = policy
  const detector = new ChangeDetector({ kind, home, key, stateKey, folder, sealing })
  const synced = await detector.synced()
  const isAgreed =
    synced?.epoch === key.epoch &&
    synced.policyVersion === policyVersion &&
    synced.feed === (await findLastApplied(client, kind))
  const today = () => dayAt(Date.now(), policy.timeZone)
  const rows =
    kind === 'pairings' ? throughMidnight(adapter.pairings(), period, today) : adapter.subscribers()
  // Each kind's source yields that kind's rows.
  const source = rows as Source<SourceRows[Kind]>
  const expectedRows = await adapter.estimateRows?.(kind)
  const onRows = (rows: number, elapsedMs: number) =>
    onProgress?.({ ...nothingSent, kind, phase: 'reading', expectedRows, rows, elapsedMs })
  const job: FeedJob = {
    kind,
    expectedRows: isAgreed ? undefined : expectedRows,
    mode: isAgreed ? 'delta' : 'snapshot',
    period,
    policyVersion,
    tokenEpoch: key.epoch,
    telco,
    privateKey,
    previousManifest: await archive.lastHash(kind),
    batches: isAgreed ? await findChanges(detector, source, onRows) : everything(detector, source),
  }
  const summary = await sendFeed(client, job, onProgress)
  const { manifest, feed } = summary
  if (feed.receipt) await archive.keep(feed, { manifest, receipt: feed.receipt })
  if (feed.state === 'applied') await detector.keep({ feed: feed.number, epoch: key.epoch, policyVersion })
  return { ...summary, sourceRows: detector.rows }
}

const nothingSent = { rejected: 0, bytes: 0, partsResumed: 0 } as const

async function findChanges<Kind extends FeedKind>(
  detector: ChangeDetector<Kind>,
  source: Source<SourceRows[Kind]>,
  onRows: (rows: number, elapsedMs: number) => void,
): Promise<FeedJob['batches']> {
  const startedMs = performance.now()
  await detector.readChanges(source, (rows) => onRows(rows, performance.now() - startedMs))
  return () => detector.changes()
}

/** A snapshot is sent while it is read; should it have to be sent again, from what was remembered. */
function everything<Kind extends FeedKind>(
  detector: ChangeDetector<Kind>,
  source: Source<SourceRows[Kind]>,
): FeedJob['batches'] {
  let isRead = false
  return () => {
    if (isRead) return detector.readAgain()
    isRead = true
    return detector.readAll(source)
  }
}

/** Number of the newest feed that the registry applied. */
async function findLastApplied(client: RegistryClient, kind: FeedKind): Promise<number | undefined> {
  const { items } = expectAnswer(await client.GET('/v1/feeds', { params: { query: { kind, limit: 20 } } }))
  return items.find(({ state }) => state === 'applied')?.number
}

/** The days of use that pairings cover: the look-back, up to the nation's today. */
export function periodUntil(
  nowMs: number,
  { lookBackDays, timeZone }: { readonly lookBackDays: number; readonly timeZone: TimeZone },
): { from: string; to: string } {
  const today = dayAt(nowMs, timeZone)
  return { from: addDays(today, -lookBackDays), to: today }
}
