import { countHits, findLapses, findLastChangeOf, listEdgeProofs } from '@pcbs/store'
import { getVisibleCase } from '../cases/access.ts'
import type { Handler } from '../http/operation.ts'

/** An edge that was not heard of for this long before a change is out of service and proves nothing. */
const silentEdgeMs = 24 * 60 * 60 * 1000

export const getEnforcementReport: Handler<'getEnforcementReport'> = async (
  { query, principal },
  context,
) => {
  const stored = await getVisibleCase(context, principal, query.caseId)
  const { id: caseId, state } = stored
  const change = await findLastChangeOf(context.db, caseId)
  if (!change) return { status: 200, body: { caseId, state, telcos: [] } }
  const proofs = await listEdgeProofs(context.db, change.seq, new Date(change.at.getTime() - silentEdgeMs))
  const hits = await countHits(context.db, stored.blockedAt ?? change.at, stored.imeis)
  const { lapses } = await findLapses(context.db, {
    telcoId: undefined,
    caseId,
    after: undefined,
    cases: 1,
  })
  const telcos = context.telcos.map(({ id, code: telco }) => {
    const count = hits.find(({ telcoId }) => telcoId === id)
    const days = lapses.filter(({ telcoId }) => telcoId === id).map((lapse) => lapse.lastSeen)
    const lastSeen = days.toSorted().at(-1)
    const seen = {
      hits: count?.hits ?? 0,
      ...(count && { lastHitAt: count.lastAt.toISOString() }),
      ...(lastSeen !== undefined && { lastSeen }),
    }
    const times = proofs.filter(({ telcoId }) => telcoId === id).map(({ at }) => at?.getTime())
    const proven = times.filter((at) => at !== undefined)
    const isEnforced = times.length > 0 && proven.length === times.length
    if (!isEnforced) return { telco, isEnforced, ...seen }
    const enforcedAtMs = Math.max(...proven)
    return {
      telco,
      isEnforced,
      ...seen,
      enforcedAt: new Date(enforcedAtMs).toISOString(),
      tookMs: enforcedAtMs - change.at.getTime(),
    }
  })
  return { status: 200, body: { caseId, state, seq: change.seq, changedAt: change.at.toISOString(), telcos } }
}
