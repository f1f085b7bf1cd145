import { countHits, getListHead, listEdges } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'

const dayMs = 24 * 60 * 60 * 1000
/** An edge that is silent for this long is out of service. */
const edgeSilenceMs = 7 * dayMs

export const listTelcoEnforcement: Handler<'listTelcoEnforcement'> = async ({ principal }, context) => {
  const nowMs = context.now().getTime()
  const { seq } = await getListHead(context.db)
  const counts = await countHits(context.db, new Date(nowMs - dayMs))
  const edges = await listEdges(context.db, new Date(nowMs - edgeSilenceMs))
  const telcos = principal.kind === 'telco' ? [principal.telco] : context.telcos
  const items = telcos.map(({ id, code }) => {
    const count = counts.find(({ telcoId }) => telcoId === id)
    return {
      telco: code,
      hits: count?.hits ?? 0,
      ...(count && { lastHitAt: count.lastAt.toISOString() }),
      edges: edges
        .filter(({ telcoId }) => telcoId === id)
        .map(({ edge, seq: applied, heardAt }) => ({ edge, seq: applied, heardAt: heardAt.toISOString() })),
    }
  })
  return { status: 200, body: { seq, items } }
}
