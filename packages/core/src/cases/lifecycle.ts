import type { Requirement } from './requirements.ts'

/** The states of a case. A case in `blocked`, `release_requested` or `disputed` is on the block list. */
export type CaseState = keyof typeof lifecycle

/** Who may move a case: the telco that filed it, any other telco, an officer, or the registry itself. */
export type ActorKind = 'filing_telco' | 'other_telco' | 'officer' | 'system'

/** One row of the lifecycle: where an event leads, who may cause it, what must hold. */
export interface Transition {
  readonly to: string
  readonly by: readonly ActorKind[]
  readonly needs: readonly Requirement[]
}

/** What must hold of the phone's use since, whether a claim is verified or, perhaps days later, blocks. */
const useNeeds = ['not_used_later_by_another', 'not_last_seen_elsewhere'] as const
/** What a block needs, whoever asks for it. */
const blockNeeds = ['blockable_imeis', 'no_clone_set', ...useNeeds, 'within_budget'] as const
const parties = ['filing_telco', 'officer'] as const
/** A provisional block ends by itself whatever is asked or disputed meanwhile. */
const expire = { to: 'expired', by: ['system'], needs: ['provisional_lapsed'] } as const

/**
 * The life of a case: state × event → where it leads, who may, what it needs. Whatever is not here is
 * illegal. The diagram in docs/lifecycle.md is made from this table.
 */
export const lifecycle = {
  reported: {
    verify: {
      to: 'verified',
      by: ['filing_telco', 'officer', 'system'],
      needs: ['ownership', ...useNeeds],
    },
    reject: { to: 'rejected', by: ['officer'], needs: [] },
    withdraw: { to: 'withdrawn', by: parties, needs: [] },
  },
  verified: {
    block: { to: 'blocked', by: ['filing_telco', 'officer', 'system'], needs: blockNeeds },
    reject: { to: 'rejected', by: ['officer'], needs: [] },
    withdraw: { to: 'withdrawn', by: parties, needs: [] },
  },
  blocked: {
    request_release: { to: 'release_requested', by: parties, needs: [] },
    dispute: { to: 'disputed', by: ['filing_telco', 'other_telco', 'officer'], needs: [] },
    expire,
    release: { to: 'released', by: ['officer'], needs: [] },
    change_exceptions: { to: 'blocked', by: ['officer'], needs: [] },
  },
  release_requested: {
    release: { to: 'released', by: parties, needs: ['claimant'] },
    keep: { to: 'blocked', by: ['officer'], needs: [] },
    dispute: { to: 'disputed', by: ['filing_telco', 'other_telco', 'officer'], needs: [] },
    expire,
    change_exceptions: { to: 'release_requested', by: ['officer'], needs: [] },
  },
  disputed: {
    keep: { to: 'blocked', by: ['officer'], needs: [] },
    release: { to: 'released', by: ['officer'], needs: [] },
    expire,
    change_exceptions: { to: 'disputed', by: ['officer'], needs: [] },
  },
  released: {},
  rejected: {},
  withdrawn: {},
  expired: {},
} as const satisfies Record<string, Readonly<Record<string, Transition>>>

type KeysOfUnion<Union> = Union extends unknown ? keyof Union : never

/** Everything that can happen to a case once it is reported. */
export type CaseEvent = KeysOfUnion<(typeof lifecycle)[CaseState]> & string

/** Every state, in the table's order. */
export const caseStates = Object.keys(lifecycle) as readonly CaseState[]

/** Every event, each once. */
export const caseEvents = [
  ...new Set(caseStates.flatMap((state) => Object.keys(lifecycle[state]))),
] as readonly CaseEvent[]

/** States in which a case holds its IMEIs on the block list. */
export const listedStates: ReadonlySet<CaseState> = new Set<CaseState>([
  'blocked',
  'release_requested',
  'disputed',
])

/** What the author of an event may say beside it. */
export type EventInput = 'arePapersAccepted' | 'areClonesAccepted' | 'exceptions'

/**
 * What each event takes beside itself. What an event does not take is refused, never dropped: an exception that somebody
 * believes to stand would lock its owner out.
 */
export const eventInputs: Readonly<Partial<Record<CaseEvent, readonly EventInput[]>>> = {
  verify: ['arePapersAccepted'],
  block: ['areClonesAccepted', 'exceptions'],
  keep: ['exceptions'],
  change_exceptions: ['exceptions'],
}

/** The table's row for this state and event, or `undefined` where the event is illegal. */
export function findTransition(
  state: CaseState,
  event: CaseEvent,
): (Transition & { to: CaseState }) | undefined {
  // Every `to` names a state: the test over all rows proves it.
  return (lifecycle[state] as Record<string, Transition & { to: CaseState }>)[event]
}
