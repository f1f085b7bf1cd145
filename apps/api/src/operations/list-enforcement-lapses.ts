import { formatImei15 } from '@pcbs/core'
import { findLapses } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { telcoFilter } from '../auth/require.ts'
import { getVisibleCase } from '../cases/access.ts'
import { telcoById } from '../context.ts'
import type { Handler } from '../http/operation.ts'
import { readPosition, writePosition } from '../http/position.ts'
import { nationOf } from '../policy/policies.ts'
import { record } from '../transparency/record.ts'

export const listEnforcementLapses: Handler<'listEnforcementLapses'> = async (
  { query, principal },
  context,
) => {
  const { caseId } = query
  const found = caseId === undefined ? undefined : await getVisibleCase(context, principal, caseId)
  const after = readPosition(query.after)
  const { lapses, last } = await findLapses(context.db, {
    telcoId:
      found && query.telco === undefined ? undefined : telcoFilter(context, principal, query.telco)?.id,
    caseId: found?.id,
    after: after && { blockedAt: after.at, id: after.id },
    cases: query.limit ?? 100,
    timeZone: nationOf(context).timeZone,
  })
  await record(context, context.db, 'cases-listed', {
    actor: nameOf(principal),
    count: String(lapses.length),
  })
  return {
    status: 200,
    body: {
      items: lapses.map((lapse) => ({
        caseId: lapse.caseId,
        telco: telcoById(context, lapse.telcoId).code,
        imei: formatImei15(context.keys.openImei(lapse.imei)),
        blockedAt: lapse.blockedAt.toISOString(),
        lastSeen: lapse.lastSeen,
      })),
      ...(last && { next: writePosition({ at: last.blockedAt, id: last.id }) }),
    },
  }
}
