import { listFeeds as findPage } from '@pcbs/store'
import { telcoInQuestion } from '../auth/require.ts'
import { feedView } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'

export const listFeeds: Handler<'listFeeds'> = async ({ query, principal }, context) => {
  // An officer who names nobody sees everybody's.
  const isAll = principal.kind === 'officer' && query.telco === undefined
  const feeds = await findPage(context.db, {
    telcoId: isAll ? undefined : telcoInQuestion(context, principal, query.telco).id,
    kind: query.kind,
    state: query.state,
    limit: query.limit ?? 100,
  })
  return { status: 200, body: { items: feeds.map((feed) => feedView(context, feed)) } }
}
