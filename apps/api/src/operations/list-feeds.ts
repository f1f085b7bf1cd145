import { listFeeds as findPage } from '@pcbs/store'
import { feedView } from '../feeds/view.ts'
import type { Handler } from '../http/operation.ts'

export const listFeeds: Handler<'listFeeds'> = async ({ query, principal }, context) => {
  const named = context.telcos.find(({ code }) => code === query.telco)?.id
  const feeds = await findPage(context.db, {
    telcoId: principal.kind === 'telco' ? principal.telco.id : named,
    kind: query.kind,
    limit: query.limit ?? 100,
  })
  return { status: 200, body: { items: feeds.map((feed) => feedView(context, feed)) } }
}
