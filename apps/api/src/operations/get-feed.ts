import { findFeed, findManifest } from '@pcbs/store'
import { telcoInQuestion } from '../auth/require.ts'
import { feedView, noSuchFeed } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'

export const getFeed: Handler<'getFeed'> = async ({ path, query, principal }, context) => {
  const telco = telcoInQuestion(context, principal, query.telco)
  const feed = await findFeed(context.db, { telcoId: telco.id, ...path })
  if (!feed) throw noSuchFeed()
  const manifest = await findManifest(context.db, feed)
  return { status: 200, body: feedView(context, feed, { manifest }) }
}
