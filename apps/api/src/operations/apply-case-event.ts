import { type ActorKind, listedStates, type Refusal } from '@pcbs/core'
import { findCase, lockCase, type RegistryTransaction, type StoredCase } from '@pcbs/store'
import { nameOf, type Principal } from '../auth/principal.ts'
import { mayUseCase, noSuchCase } from '../cases/access.ts'
import { readClaimant, readExceptions, requireFittingInput } from '../cases/event-input.ts'
import { gatherFacts } from '../cases/facts.ts'
import { moveCase } from '../cases/move.ts'
import { caseView, reviewReason } from '../cases/view.ts'
import type { Context } from '../context.ts'
import { once } from '../http/idempotency.ts'
import type { Handler, Input } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const applyCaseEvent: Handler<'applyCaseEvent'> = async (input, context) => {
  const { path, body, principal } = input
  requireFittingInput(principal, body)
  const request = { operation: 'applyCaseEvent', input, resource: path.caseId } as const
  const { resource, value } = await once(context, request, async (tx) => {
    const before = await lockCase(tx, path.caseId)
    if (!before) throw noSuchCase()
    return applyLocked(context, tx, before, input)
  })
  const stored = value ?? (await findCase(context.db, resource))
  if (!stored) throw noSuchCase()
  const view = caseView(context, principal, stored)
  const body201 = mayUseCase(principal, stored) ? view.body : { ...view.body, imeis: [] }
  return { status: 201, body: body201, headers: view.headers }
}

async function applyLocked(
  context: Context,
  tx: RegistryTransaction,
  before: StoredCase,
  input: Input<'applyCaseEvent'>,
): Promise<StoredCase> {
  const { body, principal } = input
  const actorKind = actorKindOf(principal, before)
  // Another telco may contest a block it was told of, and learns nothing of any other case.
  const isContesting = body.event === 'dispute' && listedStates.has(before.state)
  if (actorKind === 'other_telco' && !isContesting) throw noSuchCase()
  const ifMatch = input.header('if-match')
  if (ifMatch !== undefined && ifMatch !== `"${before.version}"`)
    throw new Problem('version-conflict', 'Read the case again and decide on what it says now.')
  const weighed = {
    ...before,
    arePapersAccepted: before.arePapersAccepted || body.arePapersAccepted === true,
    areClonesAccepted: before.areClonesAccepted || body.areClonesAccepted === true,
  }
  const { facts, blastRadius } = await gatherFacts(context, tx, weighed, {
    isClaimantConfirmed: readClaimant(context, principal, before, body),
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
      now: context.now(),
      exceptions: body.exceptions && readExceptions(context, body.exceptions),
    },
  )
  if (!moved.ok) throw refusalProblem(moved.refusal)
  return moved.after
}

function actorKindOf(principal: Principal, { telcoId }: StoredCase): ActorKind {
  if (principal.kind === 'officer') return 'officer'
  return principal.kind === 'telco' && principal.telco.id === telcoId ? 'filing_telco' : 'other_telco'
}

function refusalProblem(refusal: Refusal): Problem {
  return new Problem('event-refused', 'See errors.', {
    errors: remediesOf(refusal).map((remedy) => ({ field: 'body.event', ...remedy })),
  })
}

function remediesOf(refusal: Refusal): readonly { readonly code: string; readonly remedy: string }[] {
  const { code } = refusal
  switch (code) {
    case 'event-illegal': {
      const remedy = `A case in state ${refusal.state} does not take ${refusal.event}: see docs/lifecycle.md.`
      return [{ code, remedy }]
    }
    case 'actor-not-allowed':
      return [{ code, remedy: `This is for ${refusal.allowed.join(' or ')} to do.` }]
    case 'requirements-unmet':
      return refusal.unmet.map(reviewReason)
  }
}
