import type { Schemas } from '@pcbs/contract'
import type { ActorKind, Refusal } from '@pcbs/core'
import { findCase, lockCase, type StoredCase, type StoredException } from '@pcbs/store'
import { nameOf, type Principal } from '../auth/principal.ts'
import { mayUseCase, noSuchCase } from '../cases/access.ts'
import { gatherFacts } from '../cases/facts.ts'
import { moveCase } from '../cases/move.ts'
import { caseView, reviewReason } from '../cases/view.ts'
import type { Context } from '../context.ts'
import { once } from '../http/idempotency.ts'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { readToken } from '../http/token-input.ts'

export const applyCaseEvent: Handler<'applyCaseEvent'> = async (input, context) => {
  const { path, body, principal } = input
  const actorOnly = officersOnly(principal, body)
  if (actorOnly) throw actorOnly

  const id = await once(context, 'applyCaseEvent', input, async (tx) => {
    const before = await lockCase(tx, path.caseId)
    if (!before) throw noSuchCase()
    const actorKind = actorKindOf(principal, before)
    // Another telco may contest a block it was told of, and learns nothing of any other case.
    if (actorKind === 'other_telco' && body.event !== 'dispute') throw noSuchCase()
    const ifMatch = input.header('if-match')
    if (ifMatch !== undefined && ifMatch !== `"${before.version}"`) {
      throw new Problem('version-conflict', 'Read the case again and decide on what it says now.')
    }
    const weighed = {
      ...before,
      arePapersAccepted: before.arePapersAccepted || body.arePapersAccepted === true,
      areClonesAccepted: before.areClonesAccepted || body.areClonesAccepted === true,
    }
    const { facts, blastRadius } = await gatherFacts(context, tx, weighed, {
      isClaimantConfirmed: isClaimantConfirmed(context, principal, before, body),
    })
    const moved = await moveCase(
      context,
      tx,
      { ...weighed, blastRadius },
      {
        event: body.event,
        actorKind,
        actor: nameOf(principal),
        facts,
        exceptions: readExceptions(context, body.exceptions ?? []),
      },
    )
    if (!moved.ok) throw refusalProblem(moved.refusal)
    return moved.stored.id
  })

  const stored = await findCase(context.db, id)
  if (!stored) throw noSuchCase()
  const view = caseView(context, stored)
  const body201 = mayUseCase(principal, stored) ? view.body : { ...view.body, imeis: [] }
  return { status: 201, body: body201, headers: view.headers }
}

function officersOnly(principal: Principal, body: Schemas['NewCaseEvent']): Problem | undefined {
  if (principal.kind === 'officer') return undefined
  const fields = (['arePapersAccepted', 'areClonesAccepted', 'exceptions'] as const).filter(
    (name) => body[name] !== undefined,
  )
  const errors = fields.map((name) => ({
    field: `body.${name}`,
    code: 'officers-only',
    remedy: 'Leave it out: an officer decides this.',
  }))
  return errors.length > 0
    ? new Problem('forbidden', 'Part of this is an officer’s to decide.', { errors })
    : undefined
}

function actorKindOf(principal: Principal, { telcoId }: StoredCase): ActorKind {
  if (principal.kind === 'officer') return 'officer'
  return principal.kind === 'telco' && principal.telco.id === telcoId ? 'filing_telco' : 'other_telco'
}

/** The claimant is confirmed when the event names the subscription and owner that reported the phone. */
function isClaimantConfirmed(
  context: Context,
  principal: Principal,
  stored: StoredCase,
  body: Schemas['NewCaseEvent'],
): boolean {
  if (principal.kind !== 'telco' || body.subscription === undefined || body.ownerTag === undefined)
    return false
  const expected = { field: 'body.subscription', kind: 'msisdn', telco: principal.telco } as const
  return (
    readToken(context, expected, body.subscription).wrapped.equals(stored.subscription) &&
    body.ownerTag === stored.ownerTag
  )
}

function readExceptions(
  context: Context,
  exceptions: readonly Schemas['ListException'][],
): StoredException[] {
  return exceptions.map(({ telco: code, imsi }, index) => {
    const telco = context.telcos.find((each) => each.code === code)
    if (!telco) {
      const field = `body.exceptions.${index}.telco`
      const errors = [{ field, code: 'telco-unknown', remedy: 'Name the telco by its code.' }]
      throw new Problem('request-invalid', 'See errors.', { errors })
    }
    const { wrapped, epoch } = readToken(
      context,
      { field: `body.exceptions.${index}.imsi`, kind: 'imsi', telco },
      imsi,
    )
    return { telcoId: telco.id, imsi: wrapped.toString('hex'), epoch }
  })
}

function refusalProblem(refusal: Refusal): Problem {
  switch (refusal.code) {
    case 'event-illegal': {
      const remedy = `A case in state ${refusal.state} does not take ${refusal.event}: see docs/lifecycle.md.`
      return new Problem('event-refused', 'See errors.', {
        errors: [{ field: 'body.event', code: refusal.code, remedy }],
      })
    }
    case 'actor-not-allowed': {
      const remedy = `This is for ${refusal.allowed.join(' or ')} to do.`
      return new Problem('event-refused', 'See errors.', {
        errors: [{ field: 'body.event', code: refusal.code, remedy }],
      })
    }
    case 'requirements-unmet': {
      const errors = refusal.unmet.map((need) => ({ field: 'body.event', ...reviewReason(need) }))
      return new Problem('event-refused', 'See errors.', { errors })
    }
  }
}
