import { defaultThresholds, judgeFeed } from '@pcbs/core'
import type { SignedReceipt } from '@pcbs/seal'
import {
  closeFeed,
  countBusiestImei,
  discardStaging,
  findRecentAverageRows,
  mergeFeed,
  type RegistryTransaction,
  type StoredFeed,
  sumPartCounts,
} from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'
import { record } from '../transparency/record.ts'

/** Judges a complete, locked feed and applies or quarantines it, in the caller's transaction. */
export async function judgeAndClose(
  context: Context,
  tx: RegistryTransaction,
  feed: StoredFeed,
  actor: string,
): Promise<StoredFeed> {
  const { shortImeis, zeroSuspects, rejectsByCode, ...found } = await sumPartCounts(tx, feed)
  const counts = {
    ...found,
    leadingZerosLost: shortImeis + zeroSuspects + (rejectsByCode['imei-zero-lost'] ?? 0),
  }
  const rejectsOf = (prefix: string) =>
    Object.entries(rejectsByCode).reduce(
      (sum, [code, count]) => (code.startsWith(prefix) ? sum + count : sum),
      0,
    )
  const { thresholds } = telcoById(context, feed.telcoId)
  const breaches = judgeFeed(
    {
      rowsIn: feed.rowsIn,
      rejected: feed.rejected,
      imeiRejects: rejectsOf('imei-'),
      imsiRejects: rejectsOf('imsi-'),
      ...counts,
      datesOutsidePeriod: rejectsByCode['day-outside-period'] ?? 0,
      rowsOnBusiestImei: await countBusiestImei(
        tx,
        feed,
        thresholds.busiestImei ?? defaultThresholds.busiestImei.limit,
      ),
      // How much changes from day to day says nothing of a delta's health.
      recentAverageRows: feed.mode === 'snapshot' ? await findRecentAverageRows(tx, feed) : undefined,
    },
    thresholds,
  )
  const judged = { ...feed, rejectsByCode, counts, breaches }
  countRows(context, judged)
  return breaches.length > 0
    ? close(context, tx, { ...judged, state: 'quarantined' }, actor)
    : applyFeed(context, tx, judged, actor)
}

/** Counts a committed feed's rows: once, whatever an officer decides over it later. */
function countRows(context: Context, { telcoId, kind, accepted, rejected, rejectsByCode }: StoredFeed): void {
  const telco = telcoById(context, telcoId).code
  const { feedRows, feedRejects } = context.metrics
  feedRows.inc({ telco, kind, outcome: 'accepted' }, accepted)
  feedRows.inc({ telco, kind, outcome: 'rejected' }, rejected)
  for (const [code, count] of Object.entries(rejectsByCode)) feedRejects.inc({ telco, kind, code }, count)
}

/** Applies a feed's staged rows and closes it. */
export async function applyFeed(
  context: Context,
  tx: RegistryTransaction,
  feed: StoredFeed,
  actor: string,
): Promise<StoredFeed> {
  await mergeFeed(tx, feed)
  await discardStaging(tx, feed)
  return close(context, tx, { ...feed, state: 'applied' }, actor)
}

/** Gives a feed up; nothing of it is applied. */
export async function refuseFeed(
  context: Context,
  tx: RegistryTransaction,
  feed: StoredFeed,
  actor: string,
): Promise<StoredFeed> {
  await discardStaging(tx, feed)
  return close(context, tx, { ...feed, state: 'refused' }, actor)
}

async function close(
  context: Context,
  tx: RegistryTransaction,
  feed: StoredFeed,
  actor: string,
): Promise<StoredFeed> {
  const closedAt = context.now()
  const telco = telcoById(context, feed.telcoId).code
  const closed = { ...feed, closedAt, receipt: receiptOf(context, { ...feed, closedAt }, telco) }
  await closeFeed(tx, closed)
  // A feed that was given up before its commit changed nothing and promised nothing.
  if (feed.manifestHash !== undefined)
    await record(context, tx, 'feed-closed', {
      telco,
      kind: feed.kind,
      number: `#${feed.number}`,
      state: closed.state,
      manifest: `sha256:${feed.manifestHash}`,
      actor,
    })
  context.log('feed_closed', {
    telco,
    kind: feed.kind,
    number: feed.number,
    state: closed.state,
    rowsIn: feed.rowsIn,
  })
  const { kind, mode, state } = closed
  const tookMs = closedAt.getTime() - feed.openedAt.getTime()
  context.metrics.feedSeconds.observe({ telco, kind, mode, state }, tookMs / 1000)
  return closed
}

/** The registry's signed word on a feed that was committed; a feed given up before has none. */
function receiptOf(
  { signer }: Context,
  feed: StoredFeed & { readonly closedAt: Date },
  telco: string,
): SignedReceipt | undefined {
  const { kind, number, state, accepted, rejected, manifestHash: manifest, closedAt } = feed
  if (manifest === undefined || state === 'open') return undefined
  return signer.signReceipt({
    telco,
    kind,
    number,
    manifest,
    state,
    accepted,
    rejected,
    atMs: closedAt.getTime(),
  })
}
