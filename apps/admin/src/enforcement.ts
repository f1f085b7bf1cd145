import { connectOfficer, expectAnswer } from './api.ts'
import { type Command, UsageError } from './command.ts'

/** Rows of a list that are shown at most. */
const listed = 100

/** `pcbs enforcement telcos` */
export const showTelcos: Command = async ({ terminal }) => {
  const api = await connectOfficer(terminal)
  const { seq, items } = expectAnswer(await api.GET('/v1/enforcement/telcos'))
  terminal.print(`The list is at sequence ${seq}.`)
  for (const { telco, hits, lastHitAt, edges } of items) {
    terminal.print(`${telco}: ${hits} refusals in 24 hours${lastHitAt ? `, the last ${lastHitAt}` : ''}`)
    for (const { edge, seq: applied, heardAt } of edges)
      terminal.print(
        `  ${edge}: at ${applied}${applied < seq ? `, ${seq - applied} behind` : ''}, heard ${heardAt}`,
      )
    if (edges.length === 0) terminal.print('  no edge was heard of in the last seven days')
  }
}

/** `pcbs enforcement case CASE` */
export const showCase: Command = async ({ words, terminal }) => {
  const caseId = requireWord(words[0], 'Name the case by its id.')
  const api = await connectOfficer(terminal)
  const params = { query: { caseId } }
  const { state, telcos } = expectAnswer(await api.GET('/v1/enforcement', { params }))
  terminal.print(`${caseId}: ${state}`)
  for (const { telco, isEnforced, tookMs, hits, lastHitAt, lastSeen } of telcos) {
    const proof = isEnforced ? `enforced after ${tookMs ?? 0} ms` : 'not enforced by every edge'
    const refused = hits > 0 ? `, refused ${hits} times, the last ${lastHitAt}` : ''
    const lapse = lastSeen === undefined ? '' : `; STILL IN USE on ${lastSeen}: this network lets it through`
    terminal.print(`  ${telco}: ${proof}${refused}${lapse}`)
  }
}

/** `pcbs enforcement lapses` */
export const listLapses: Command = async ({ options, terminal }) => {
  const api = await connectOfficer(terminal)
  const { telco } = options
  let found = 0
  // A page looks through so many cases and may hold none.
  for (
    let after: string | undefined, hasMore = true;
    hasMore && found < listed;
    hasMore = after !== undefined
  ) {
    const query = { limit: 1000, ...(telco && { telco }), ...(after && { after }) }
    const page = expectAnswer(await api.GET('/v1/enforcement/lapses', { params: { query } }))
    for (const { caseId, telco: code, imei, blockedAt, lastSeen } of page.items)
      terminal.print(`${code} ${imei}: blocked ${blockedAt}, still in use on ${lastSeen}, case ${caseId}`)
    found += page.items.length
    after = page.next
  }
  if (found === 0) terminal.print('No blocked phone is still in use.')
}

/** `pcbs ranges list` */
export const listRanges: Command = async ({ terminal }) => {
  const api = await connectOfficer(terminal)
  const { items } = expectAnswer(await api.GET('/v1/tac-ranges'))
  if (items.length === 0) terminal.print('No ranges.')
  for (const { id, from, to, status, reason, state, proposedBy, approvedBy } of items) {
    const by = approvedBy === undefined ? proposedBy : `${proposedBy} and ${approvedBy}`
    terminal.print(`${id} ${from}-${to}: ${status}, ${reason}, ${state}, by ${by}`)
  }
}

const statuses = ['PROHIBITED', 'TRACKING', 'PERMITTED'] as const
const reasons = ['lost', 'stolen', 'faulty', 'fraud'] as const

/** `pcbs ranges propose FROM TO STATUS REASON` */
export const proposeRange: Command = async ({ words, terminal }) => {
  const [from = '', to = '', wanted, why] = words
  const status = statuses.find((each) => each === wanted)
  const reason = reasons.find((each) => each === why)
  if (!/^\d{8}$/.test(from) || !/^\d{8}$/.test(to)) throw new UsageError('A TAC has eight digits.')
  if (!status || !reason)
    throw new UsageError(`A status is ${statuses.join(', ')}; a reason ${reasons.join(', ')}.`)
  const api = await connectOfficer(terminal)
  const range = expectAnswer(
    await api.POST('/v1/tac-ranges', {
      params: { header: { 'Idempotency-Key': crypto.randomUUID() } },
      body: { from, to, status, reason },
    }),
  )
  terminal.print(`${range.id}: proposed. Another officer approves it within seven days.`)
}

/** `pcbs ranges approve RANGE` */
export const approveRange: Command = async ({ words, terminal }) => {
  const rangeId = requireWord(words[0], 'Name the range by its id.')
  const api = await connectOfficer(terminal)
  const params = { path: { rangeId }, header: { 'Idempotency-Key': crypto.randomUUID() } }
  const { from, to, status, seq } = expectAnswer(
    await api.POST('/v1/tac-ranges/{rangeId}/approval', { params }),
  )
  terminal.print(`${from}-${to}: ${status} from sequence ${seq} on.`)
}

function requireWord(word: string | undefined, remedy: string): string {
  if (word === undefined) throw new UsageError(remedy)
  return word
}
