import { type LetThrough, unionOf } from '../block-list/entry.ts'
import { type CaseEvent, type CaseState, caseEvents, findTransition } from './lifecycle.ts'

/** One event of a case's history, as it is written down. */
export interface PastEvent {
  readonly event: string
  readonly from: string
  readonly to: string
  /** All exceptions of the case, where the event set them. */
  readonly exceptions?: readonly LetThrough[] | undefined
}

/** What a history adds up to. */
export interface Replayed {
  readonly state: CaseState
  readonly exceptions: readonly LetThrough[]
  readonly wasBlocked: boolean
}

/** Events that are no move of the lifecycle: the first of every history, and one that leaves the state as it is. */
const report = 'report'
const attachPoliceReport = 'attach_police_report'

/** Replays a case's history; gives what it adds up to, or in words what in it cannot have happened. */
export function replayHistory(history: readonly PastEvent[]): Replayed | string {
  const [first, ...later] = history
  if (first?.event !== report || first.from !== 'none' || first.to !== 'reported')
    return 'its history does not begin with its report'
  let replayed: Replayed = { state: 'reported', exceptions: [], wasBlocked: false }
  for (const [place, past] of later.entries()) {
    const to = stateAfter(replayed.state, past)
    if (to === undefined || past.from !== replayed.state || past.to !== to)
      return `event ${place + 2} of its history cannot follow the one before`
    replayed = {
      state: to,
      exceptions: past.exceptions ? unionOf([past.exceptions]) : replayed.exceptions,
      wasBlocked: replayed.wasBlocked || past.event === 'block',
    }
  }
  return replayed
}

function stateAfter(state: CaseState, { event }: PastEvent): CaseState | undefined {
  if (event === attachPoliceReport) return state
  return isCaseEvent(event) ? findTransition(state, event)?.to : undefined
}

function isCaseEvent(event: string): event is CaseEvent {
  return (caseEvents as readonly string[]).includes(event)
}
