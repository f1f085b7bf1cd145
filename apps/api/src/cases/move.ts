import {
  type ActorKind,
  type CaseEvent,
  type CaseFacts,
  decideEvent,
  type LetThrough,
  listedStates,
  provisionalUntil,
  type Refusal,
  unionOf,
} from '@pcbs/core'
import { encodeLogEntry } from '@pcbs/seal'
import { type RegistryTransaction, type StoredCase, type StoredCaseEvent, writeCase } from '@pcbs/store'
import { followCase } from '../block-list/follow-case.ts'
import type { Context } from '../context.ts'
import { nationOf } from '../policy/policies.ts'
import { decideWithinBudget } from './budget.ts'
import type { FactsBeforeBudget } from './facts.ts'

/** An event to carry out on a locked case. */
export interface Move {
  readonly event: CaseEvent
  readonly actorKind: ActorKind
  /** As histories name the actor. */
  readonly actor: string
  readonly facts: FactsBeforeBudget
  /** When it is decided: one moment for the whole decision. */
  readonly now: Date
  /** SIMs to let through instead of those that the case lets through; as they are where left out. */
  readonly exceptions?: readonly LetThrough[] | undefined
}

/** What became of an attempt: what the event makes of the case, or why it does not happen. */
export type Moved =
  | { readonly ok: true; readonly after: StoredCase; readonly event: StoredCaseEvent }
  | { readonly ok: false; readonly refusal: Refusal; readonly after?: never }

/** Decides an event; nothing is written. */
function decideMove(context: Context, before: StoredCase, move: Move, isWithinBudget: boolean): Moved {
  const { event, actorKind, actor, now } = move
  const facts: CaseFacts = { ...move.facts, isWithinBudget }
  const decision = decideEvent({ state: before.state, event, actor: actorKind, facts })
  if (!decision.ok) return { ok: false, refusal: decision.failure }
  const exceptions = move.exceptions && unionOf([move.exceptions])
  const after: StoredCase = {
    ...before,
    ...(event === 'block' && blockedNow(context, before, now)),
    ...(exceptions && { exceptions }),
    state: decision.value,
    review: [],
    updatedAt: now,
    version: before.version + 1,
  }
  return {
    ok: true,
    after,
    event: { event, from: before.state, to: after.state, actor, at: now, exceptions },
  }
}

function blockedNow(
  context: Context,
  { policeReport }: StoredCase,
  now: Date,
): Pick<StoredCase, 'blockedAt' | 'provisionalUntil'> {
  const { timeZone } = nationOf(context)
  const untilMs = provisionalUntil(
    { blockedAtMs: now.getTime(), hasPoliceReport: policeReport !== undefined },
    { periodMs: context.config.provisionalPeriodMs, timeZone },
  )
  return {
    blockedAt: now,
    provisionalUntil: untilMs === undefined ? undefined : new Date(untilMs),
  }
}

/** What happened to a locked case in one transaction. */
export interface Story {
  /** The case as it is stored; absent for one that is new. */
  readonly before?: StoredCase
  readonly after: StoredCase
  readonly events: readonly StoredCaseEvent[]
}

/**
 * Writes what was decided: the case, its exceptions, its history and, for everybody to hold it against, the transparency
 * log; and what follows for the list.
 */
export async function writeStory(
  context: Context,
  tx: RegistryTransaction,
  { before, after, events }: Story,
): Promise<void> {
  const { id } = after
  const logged = events.map(({ event, from, to, actor, at }) =>
    encodeLogEntry('case-event', at.getTime(), { case: id, event, from, to, actor }),
  )
  await writeCase(tx, { stored: after, isNew: before === undefined, events, logged })
  const isNewBlock = events.some(({ event }) => event === 'block')
  if (isListed(after) || (before && isListed(before)))
    await followCase(context, tx, { stored: after, isNewBlock })
  for (const { event, from, to } of events) context.log('case_moved', { caseId: id, event, from, to })
}

function isListed({ state }: StoredCase): boolean {
  return listedStates.has(state)
}

/** Decides an event and, where it is legal, writes it, in the caller's transaction. */
export async function moveCase(
  context: Context,
  tx: RegistryTransaction,
  before: StoredCase,
  move: Move,
): Promise<Moved> {
  const moved = await decideWithinBudget(context, tx, before, (isWithinBudget) =>
    decideMove(context, before, move, isWithinBudget),
  )
  if (moved.ok) await writeStory(context, tx, { before, after: moved.after, events: [moved.event] })
  return moved
}

/** Takes a new case as far as it goes by itself; where it stops, says which requirements stopped it. */
export async function advanceCase(
  context: Context,
  tx: RegistryTransaction,
  reported: StoredCase,
  facts: FactsBeforeBudget,
): Promise<Pick<Story, 'after' | 'events'>> {
  return decideWithinBudget(context, tx, reported, (isWithinBudget) =>
    advance(context, reported, facts, isWithinBudget),
  )
}

function advance(
  context: Context,
  reported: StoredCase,
  facts: FactsBeforeBudget,
  isWithinBudget: boolean,
): Pick<Story, 'after' | 'events'> {
  const events: StoredCaseEvent[] = []
  let after = reported
  for (const event of ['verify', 'block'] as const) {
    const move = { event, actorKind: 'system', actor: 'system', facts, now: reported.createdAt } as const
    const moved = decideMove(context, after, move, isWithinBudget)
    if (!moved.ok) {
      const review = moved.refusal.code === 'requirements-unmet' ? moved.refusal.unmet : []
      return { after: { ...after, review }, events }
    }
    after = moved.after
    events.push(moved.event)
  }
  return { after, events }
}
