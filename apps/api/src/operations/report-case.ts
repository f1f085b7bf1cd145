import { randomUUID } from 'node:crypto'
import { findUnblockable } from '@pcbs/core'
import { findCase, lockPhonesOf, type StoredCase } from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import { requireTelco } from '../auth/require.ts'
import { gatherFacts } from '../cases/facts.ts'
import { advanceCase, writeStory } from '../cases/move.ts'
import { caseView } from '../cases/view.ts'
import { once } from '../http/idempotency.ts'
import { readImei } from '../http/imei-input.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { readToken } from '../http/token-input.ts'

export const reportCase: Handler<'reportCase'> = async (input, context) => {
  const { body, principal } = input
  const telco = requireTelco(principal)
  const imeis = [...new Set(body.imeis.map((text, index) => readImei(`body.imeis.${index}`, text)))]
  const errors = imeis.flatMap((imei, index) => {
    const found = findUnblockable(imei)
    return found
      ? [
          {
            field: `body.imeis.${index}`,
            code: found.code,
            remedy: `${found.reason} Ask an officer about the clone policy.`,
          },
        ]
      : []
  })
  if (errors.length > 0) throw new Problem('imei-refused', 'See errors.', { errors })
  const { wrapped: subscription, epoch: tokenEpoch } = readToken(
    context,
    { field: 'body.subscription', kind: 'msisdn', telco },
    body.subscription,
  )

  const request = { operation: 'reportCase', input, resource: randomUUID() } as const
  const { resource, value } = await once(context, request, async (tx) => {
    const now = context.now()
    const reported: StoredCase = {
      id: request.resource,
      telcoId: telco.id,
      state: 'reported',
      reason: body.reason,
      imeis: imeis.map((imei) => context.keys.imeiToken(imei)),
      subscription,
      tokenEpoch,
      ownerTag: body.ownerTag,
      policeReport: body.policeReport,
      arePapersAccepted: false,
      areClonesAccepted: false,
      review: [],
      blastRadius: { subscriptions: 0, subscriptionsPerImei: 0 },
      exceptions: [],
      blockedAt: undefined,
      provisionalUntil: undefined,
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    await lockPhonesOf(tx, reported)
    const { facts, blastRadius } = await gatherFacts(context, tx, reported, { isClaimantConfirmed: true })
    const report = {
      event: 'report',
      from: 'none',
      to: 'reported',
      actor: nameOf(principal),
      at: now,
    } as const
    const { after, events } = await advanceCase(context, tx, { ...reported, blastRadius }, facts)
    await writeStory(context, tx, { after, events: [report, ...events] })
    // In the order in which they are read back: a repetition of the request gets the same answer.
    return { ...after, imeis: after.imeis.toSorted(Buffer.compare) }
  })

  const stored = value ?? (await findCase(context.db, resource))
  if (!stored) throw new Error('a case that was just stored is gone')
  return { status: 201, ...caseView(context, principal, stored) }
}
