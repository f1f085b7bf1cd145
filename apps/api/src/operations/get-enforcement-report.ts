import type { Schemas } from '@pcbs/contract'
import { decideEnforcement, findProvingSequence, listedStates } from '@pcbs/core'
import { countHits, findLapses, listEdgeProofs, listPlaces, type StoredCase } from '@pcbs/store'
import { getVisibleCase } from '../cases/access.ts'
import type { Context } from '../context.ts'
import type { Handler } from '../http/operation.ts'
import { nationOf } from '../policy/policies.ts'

/** An edge that was not heard of for this long before a change is out of service and proves nothing. */
const silentEdgeMs = 24 * 60 * 60 * 1000

export const getEnforcementReport: Handler<'getEnforcementReport'> = async (
  { query, principal },
  context,
) => {
  const stored = await getVisibleCase(context, principal, query.caseId)
  const { id: caseId, state } = stored
  // A case that never blocked has nothing to enforce: what the list says of its phones is other cases'.
  if (!stored.blockedAt) return { status: 200, body: { caseId, state, telcos: [] } }
  const change = await findProvingChange(context, stored)
  const telcos = await reportTelcos(context, stored, change)
  const proven = change && { seq: change.seq, changedAt: change.at.toISOString() }
  return { status: 200, body: { caseId, state, ...proven, telcos } }
}

/** The change of the list from which on it says what the case wants; `undefined` while it says something else. */
async function findProvingChange(
  context: Context,
  { imeis, state }: StoredCase,
): Promise<{ readonly seq: number; readonly at: Date } | undefined> {
  const places = await listPlaces(
    context.db,
    imeis.map((token) => context.keys.openImei(token)),
  )
  const phones = places.map(({ isListed, since }) => ({ isListed, sinceSeq: since?.seq }))
  const seq = findProvingSequence(phones, listedStates.has(state))
  return places.find(({ since }) => since?.seq === seq)?.since
}

type TelcoReport = Schemas['EnforcementReport']['telcos'][number]

async function reportTelcos(
  context: Context,
  stored: StoredCase,
  change: { readonly seq: number; readonly at: Date } | undefined,
): Promise<TelcoReport[]> {
  const { db, telcos } = context
  const decidedAt = decidedAtOf(stored, change?.at)
  const edges = change
    ? await listEdgeProofs(db, change.seq, new Date(decidedAt.getTime() - silentEdgeMs))
    : []
  const hits = await countHits(db, stored.blockedAt ?? decidedAt, stored.imeis)
  const { timeZone } = nationOf(context)
  const whole = { telcoId: undefined, caseId: stored.id, after: undefined, cases: 1, timeZone }
  const { lapses } = await findLapses(db, whole)
  return telcos.map(({ id, code: telco }) => {
    const count = hits.find(({ telcoId }) => telcoId === id)
    const days = lapses.filter(({ telcoId }) => telcoId === id).map((lapse) => lapse.lastSeen)
    const lastSeen = days.toSorted().at(-1)
    const acknowledgements = edges
      .filter(({ telcoId }) => telcoId === id)
      .map(({ at }) => ({ atMs: at?.getTime() }))
    const enforcement = decideEnforcement(acknowledgements, decidedAt.getTime())
    return {
      telco,
      isEnforced: enforcement.isEnforced,
      hits: count?.hits ?? 0,
      ...(count && { lastHitAt: count.lastAt.toISOString() }),
      ...(lastSeen !== undefined && { lastSeen }),
      ...(enforcement.isEnforced && {
        enforcedAt: new Date(enforcement.enforcedAtMs).toISOString(),
        tookMs: enforcement.tookMs,
      }),
    }
  })
}

/** When what is to be enforced was decided: another case may have had the phone listed long before this one did. */
function decidedAtOf({ state, blockedAt, updatedAt }: StoredCase, changedAt: Date | undefined): Date {
  const decidedAt = changedAt ?? updatedAt
  return listedStates.has(state) && blockedAt && blockedAt > decidedAt ? blockedAt : decidedAt
}
