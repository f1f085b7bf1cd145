import { asTelco, lockFeed } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { telcoInQuestion } from '../auth/require.ts'
import { applyFeed, refuseFeed } from '../feeds/close.ts'
import { feedView, noSuchFeed } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const decideFeed: Handler<'decideFeed'> = async ({ path, body, principal }, context) => {
  const telco = telcoInQuestion(context, principal, body.telco)
  const decided = await asTelco(context.ingest.db, telco.id, async (tx) => {
    const feed = await lockFeed(tx, { telcoId: telco.id, ...path })
    if (!feed) throw noSuchFeed()
    if (feed.state !== 'quarantined') throw new Problem('feed-not-quarantined', `The feed is ${feed.state}.`)
    const decide = body.decision === 'accept' ? applyFeed : refuseFeed
    return decide(context, tx, feed, nameOf(principal))
  })
  return { status: 200, body: feedView(context, decided) }
}
