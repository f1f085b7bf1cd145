import { formatImei15, listedStates } from '@pcbs/core'
import { listHits as findHits } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { telcoFilter } from '../auth/require.ts'
import { getVisibleCase } from '../cases/access.ts'
import { telcoById } from '../context.ts'
import type { Handler } from '../http/operation.ts'
import { readPosition, writePosition } from '../http/position.ts'
import { record } from '../transparency/record.ts'

export const listHits: Handler<'listHits'> = async ({ query, principal }, context) => {
  const limit = query.limit ?? 100
  const found =
    query.caseId === undefined ? undefined : await getVisibleCase(context, principal, query.caseId)
  // A telco sees where a phone was refused elsewhere while its own case has it blocked, and no more: a report alone traces
  // nobody.
  const isBlocked = found !== undefined && listedStates.has(found.state)
  const isOfAll = found && query.telco === undefined && (isBlocked || principal.kind === 'officer')
  const hits = await findHits(context.db, {
    telcoId: isOfAll ? undefined : telcoFilter(context, principal, query.telco)?.id,
    imeis: found?.imeis,
    since: principal.kind === 'telco' && isOfAll ? found.blockedAt : undefined,
    after: readPosition(query.after),
    limit,
  })
  await record(context, context.db, 'hits-listed', { actor: nameOf(principal), count: String(hits.length) })
  const last = hits.at(-1)
  const next = last && hits.length === limit && writePosition(last)
  return {
    status: 200,
    body: {
      items: hits.map(({ id, telcoId, imei, status, at, node }) => ({
        id,
        telco: telcoById(context, telcoId).code,
        imei: formatImei15(context.keys.openImei(imei)),
        status,
        at: at.toISOString(),
        node,
      })),
      ...(next && { next }),
    },
  }
}
