import {
  type ActorKind,
  type CaseEvent,
  type CaseFacts,
  dayAt,
  decideEvent,
  type LetThrough,
  listedStates,
  provisionalUntil,
  type Refusal,
  unionOf,
} from '@pcbs/core'
import {
  insertCase,
  type RegistryTransaction,
  replaceExceptions,
  type StoredCase,
  type StoredCaseEvent,
  spendBudget,
  updateCase,
} from '@pcbs/store'
import { followCase } from '../block-list/follow-case.ts'
import type { Context } from '../context.ts'
import { nationOf } from '../policy/policies.ts'
import { blockBudget } from './facts.ts'
import { writeCaseEvents } from './history.ts'

/** An event to carry out on a locked case. */
export interface Move {
  readonly event: CaseEvent
  readonly actorKind: ActorKind
  /** As histories name the actor. */
  readonly actor: string
  readonly facts: CaseFacts
  /** SIMs to let through instead of those that the case lets through; as they are where left out. */
  readonly exceptions?: readonly LetThrough[] | undefined
}

/** What an event makes of a case. */
export interface Step {
  readonly after: StoredCase
  readonly event: StoredCaseEvent
}

/** What became of an attempt. */
export type Moved =
  | { readonly ok: true; readonly step: Step }
  | { readonly ok: false; readonly refusal: Refusal }

/** Decides an event; nothing is written. */
export function decideMove(context: Context, before: StoredCase, move: Move): Moved {
  const { event, actorKind, actor, facts } = move
  const decision = decideEvent({ state: before.state, event, actor: actorKind, facts })
  if (!decision.ok) return { ok: false, refusal: decision.failure }
  const now = context.now()
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
    step: { after, event: { event, from: before.state, to: after.state, actor, at: now, exceptions } },
  }
}

function blockedNow(
  context: Context,
  { policeReport }: StoredCase,
  now: Date,
): Pick<StoredCase, 'blockedAt' | 'blockedOn' | 'provisionalUntil'> {
  const { timeZone } = nationOf(context)
  const untilMs = provisionalUntil(
    { blockedAtMs: now.getTime(), hasPoliceReport: policeReport !== undefined },
    { periodMs: context.config.provisionalPeriodMs, timeZone },
  )
  return {
    blockedAt: now,
    blockedOn: dayAt(now.getTime(), timeZone),
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

/** Writes what was decided: the case, its exceptions, its history, the budget, and what follows for the list. */
export async function writeStory(
  context: Context,
  tx: RegistryTransaction,
  { before, after, events }: Story,
): Promise<void> {
  await (before ? updateCase(tx, after) : insertCase(tx, after))
  if (events.some(({ exceptions }) => exceptions)) await replaceExceptions(tx, after.id, after.exceptions)
  await writeCaseEvents(context, tx, after.id, events)
  if (after.blockedAt && after.blockedAt !== before?.blockedAt)
    await spendBudget(tx, blockBudget(context, after.telcoId, after.blockedAt), after.imeis.length)
  if (isListed(after) || (before && isListed(before))) await followCase(context, tx, after)
  for (const { event, from, to } of events) context.log('case_moved', { caseId: after.id, event, from, to })
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
  const moved = decideMove(context, before, move)
  if (moved.ok) await writeStory(context, tx, { before, after: moved.step.after, events: [moved.step.event] })
  return moved
}

/** Takes a new case as far as it goes by itself; where it stops, says which requirements stopped it. */
export function advanceCase(
  context: Context,
  reported: StoredCase,
  facts: CaseFacts,
): Pick<Story, 'after' | 'events'> {
  const events: StoredCaseEvent[] = []
  let after = reported
  for (const event of ['verify', 'block'] as const) {
    const moved = decideMove(context, after, { event, actorKind: 'system', actor: 'system', facts })
    if (!moved.ok) {
      const review = moved.refusal.code === 'requirements-unmet' ? moved.refusal.unmet : []
      return { after: { ...after, review }, events }
    }
    after = moved.step.after
    events.push(moved.step.event)
  }
  return { after, events }
}
