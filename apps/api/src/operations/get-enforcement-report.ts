import { findLastChangeOf, listEdgeProofs } from '@pcbs/store'
import { getVisibleCase } from '../cases/access.ts'
import type { Handler } from '../http/operation.ts'

/** An edge that was not heard of for this long before a change is out of service and proves nothing. */
const silentEdgeMs = 24 * 60 * 60 * 1000

export const getEnforcementReport: Handler<'getEnforcementReport'> = async (
  { query, principal },
  context,
) => {
  const { id: caseId, state } = await getVisibleCase(context, principal, query.caseId)
  const change = await findLastChangeOf(context.db, caseId)
  if (!change) return { status: 200, body: { caseId, state, telcos: [] } }
  const proofs = await listEdgeProofs(context.db, change.seq, new Date(change.at.getTime() - silentEdgeMs))
  const telcos = context.telcos.map(({ id, code: telco }) => {
    const times = proofs.filter(({ telcoId }) => telcoId === id).map(({ at }) => at?.getTime())
    const proven = times.filter((at) => at !== undefined)
    const isEnforced = times.length > 0 && proven.length === times.length
    if (!isEnforced) return { telco, isEnforced }
    const enforcedAtMs = Math.max(...proven)
    return {
      telco,
      isEnforced,
      enforcedAt: new Date(enforcedAtMs).toISOString(),
      tookMs: enforcedAtMs - change.at.getTime(),
    }
  })
  return { status: 200, body: { caseId, state, seq: change.seq, changedAt: change.at.toISOString(), telcos } }
}
