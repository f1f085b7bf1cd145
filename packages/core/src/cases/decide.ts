import { fail, ok, type Result } from '../result.ts'
import { type ActorKind, type CaseEvent, type CaseState, findTransition } from './lifecycle.ts'
import { type CaseFacts, type Requirement, requirements } from './requirements.ts'

/** Why an event is refused. */
export type Refusal =
  | { readonly code: 'event-illegal'; readonly state: CaseState; readonly event: CaseEvent }
  | { readonly code: 'actor-not-allowed'; readonly actor: ActorKind; readonly allowed: readonly ActorKind[] }
  | { readonly code: 'requirements-unmet'; readonly unmet: readonly Requirement[] }

/** An event that somebody wants to happen to a case. */
export interface Attempt {
  readonly state: CaseState
  readonly event: CaseEvent
  readonly actor: ActorKind
  readonly facts: CaseFacts
}

/** Decides an event: the state it leads to, or every reason against it. */
export function decideEvent({ state, event, actor, facts }: Attempt): Result<CaseState, Refusal> {
  const transition = findTransition(state, event)
  if (!transition) return fail({ code: 'event-illegal', state, event })
  if (!transition.by.includes(actor))
    return fail({ code: 'actor-not-allowed', actor, allowed: transition.by })
  const unmet = transition.needs.filter((need) => !isMet(need, actor, facts))
  return unmet.length === 0 ? ok(transition.to) : fail({ code: 'requirements-unmet', unmet })
}

function isMet(need: Requirement, actor: ActorKind, facts: CaseFacts): boolean {
  const { holds, isLiftedForOfficers } = requirements[need]
  return (isLiftedForOfficers && actor === 'officer') || holds(facts)
}
