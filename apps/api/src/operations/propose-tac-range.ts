import { randomUUID } from 'node:crypto'
import { findRangeFault, rangeRemedies } from '@pcbs/core'
import { findTacRange, insertTacRange, listRanges } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { rangeView } from '../block-list/range-view.ts'
import { once } from '../http/idempotency.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { record } from '../transparency/record.ts'

export const proposeTacRange: Handler<'proposeTacRange'> = async (input, context) => {
  const { from, to, status, reason } = input.body
  const proposedBy = nameOf(input.principal)
  const request = { operation: 'proposeTacRange', input, resource: randomUUID() } as const
  const { resource } = await once(context, request, async (tx) => {
    const listed = await listRanges(tx)
    const code = findRangeFault(
      { from, to },
      status,
      listed.map(({ tacs }) => tacs),
    )
    if (code)
      throw new Problem('range-refused', 'See errors.', {
        errors: [{ field: 'body.from', code, remedy: rangeRemedies[code] }],
      })
    const range = { id: request.resource, tacs: { from, to }, status, reason, proposedBy }
    await insertTacRange(tx, { ...range, proposedAt: context.now() })
    await record(context, tx, 'range-proposed', {
      range: range.id,
      status: status.toLowerCase(),
      actor: proposedBy,
    })
  })
  const stored = await findTacRange(context.db, resource)
  if (!stored) throw new Error('a range that was just proposed is gone')
  return { status: 201, body: rangeView(stored, context.now()) }
}
