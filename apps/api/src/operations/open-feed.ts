import { dayAt } from '@pcbs/core'
import {
  asTelco,
  type FeedKind,
  findAppliedEpoch,
  findFeed,
  findFeedUnderWay,
  findLastManifestHash,
  insertFeed,
  type RegistryTransaction,
  type Telco,
} from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { requireTelco } from '../auth/require.ts'
import { refuseFeed } from '../feeds/close.ts'
import { feedView, noSuchFeed } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { requireKnownEpoch } from '../http/token-input.ts'
import { nationOf, policyInForce } from '../policy/policies.ts'

export const openFeed: Handler<'openFeed'> = async ({ body, principal }, context) => {
  const telco = requireTelco(principal)
  const { version } = policyInForce(context)
  if (body.policyVersion !== version) {
    throw new Problem(
      'policy-outdated',
      `The collection policy in force is version ${version}: read it and send by it.`,
    )
  }
  if (body.periodFrom > body.periodTo) {
    const remedy = 'The period begins before it ends.'
    throw new Problem('request-invalid', 'See errors.', {
      errors: [{ field: 'body.periodTo', code: 'day-order', remedy }],
    })
  }
  // What was used tomorrow would be the newest use for ever, prove everything and be forgotten never.
  const today = dayAt(context.now().getTime(), nationOf(context).timeZone)
  if (body.periodTo > today) {
    const remedy =
      'The period ends on the nation’s today at the latest: see the collection policy’s time zone.'
    throw new Problem('request-invalid', 'See errors.', {
      errors: [{ field: 'body.periodTo', code: 'day-ahead', remedy }],
    })
  }
  const tokenEpoch = body.tokenEpoch ?? context.keys.epoch
  requireKnownEpoch(context.keys, 'body.tokenEpoch', tokenEpoch)
  const fresh = { ...body, tokenEpoch }
  // The series is its own idempotency: the feed under way is the one that a repeated request meant.
  const feed = await asTelco(context.ingest.db, telco.id, async (tx) => {
    const underWay = await findFeedUnderWay(tx, telco.id, body.kind)
    if (body.mode === 'delta') await refuseOtherEpoch(tx, telco, body.kind, tokenEpoch)
    if (!underWay) return findFeed(tx, await insertFeed(tx, telco.id, { ...fresh, openedAt: context.now() }))
    if (underWay.state === 'quarantined') {
      throw new Problem(
        'feed-under-way',
        `Feed ${underWay.number} is quarantined: an officer must decide over it first.`,
      )
    }
    const isSame =
      underWay.mode === body.mode &&
      underWay.tokenEpoch === tokenEpoch &&
      underWay.periodFrom === body.periodFrom &&
      underWay.periodTo === body.periodTo
    if (isSame) return underWay
    // An adapter that died with yesterday's feed open comes back with today's: the old one will not be finished.
    await refuseFeed(context, tx, underWay, nameOf(principal))
    return findFeed(tx, await insertFeed(tx, telco.id, { ...fresh, openedAt: context.now() }))
  })
  if (!feed) throw noSuchFeed()
  const previousManifest = await findLastManifestHash(context.db, feed)
  return { status: 201, body: feedView(context, feed, { previousManifest }) }
}

/** A delta goes on from what is on file, and cannot where that was made with other keys. */
async function refuseOtherEpoch(
  tx: RegistryTransaction,
  { id }: Telco,
  kind: FeedKind,
  tokenEpoch: number,
): Promise<void> {
  const onFile = await findAppliedEpoch(tx, id, kind)
  if (onFile === undefined || onFile === tokenEpoch) return
  throw new Problem('snapshot-needed', `What is on file is of epoch ${onFile}: send a snapshot.`)
}
