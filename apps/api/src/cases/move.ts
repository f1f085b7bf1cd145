import {
  type ActorKind,
  type CaseEvent,
  type CaseFacts,
  decideEvent,
  listedStates,
  provisionalUntil,
  type Refusal,
  type Requirement,
} from '@pcbs/core'
import {
  listCasesHolding,
  type RegistryTransaction,
  type StoredCase,
  type StoredException,
  updateCase,
} from '@pcbs/store'
import { changeList } from '../block-list/change-list.ts'
import type { Context } from '../context.ts'
import { writeCaseEvent } from './history.ts'

/** An event to carry out on a locked case. */
export interface Move {
  readonly event: CaseEvent
  readonly actorKind: ActorKind
  /** As histories name the actor. */
  readonly actor: string
  readonly facts: CaseFacts
  /** SIMs let through on the phones of a block. */
  readonly exceptions: readonly StoredException[]
}

/** What became of an attempt. */
export type Moved =
  | { readonly ok: true; readonly stored: StoredCase }
  | { readonly ok: false; readonly refusal: Refusal }

/** Decides an event and, where it is legal, writes the state, the event and the list, in the caller's transaction. */
export async function moveCase(
  context: Context,
  tx: RegistryTransaction,
  before: StoredCase,
  move: Move,
): Promise<Moved> {
  const { event, actorKind, actor, facts, exceptions } = move
  const decision = decideEvent({ state: before.state, event, actor: actorKind, facts })
  if (!decision.ok) return { ok: false, refusal: decision.failure }

  const now = context.now()
  const isBlock = event === 'block'
  const until = isBlock
    ? provisionalUntil(
        { blockedAtMs: now.getTime(), hasPoliceReport: before.policeReport !== undefined },
        context.config.provisionalPeriodMs,
      )
    : before.provisionalUntil?.getTime()
  const after: StoredCase = {
    ...before,
    state: decision.value,
    review: [],
    blockedAt: isBlock ? now : before.blockedAt,
    provisionalUntil: until === undefined ? undefined : new Date(until),
    updatedAt: now,
    version: before.version + 1,
  }
  await updateCase(tx, after)
  await writeCaseEvent(context, tx, before.id, { event, from: before.state, to: after.state, actor, at: now })
  await updateList(context, tx, { before, after, exceptions })
  context.log('case_moved', { caseId: before.id, event, from: before.state, to: after.state })
  return { ok: true, stored: after }
}

/** The list follows the state: a phone is on it as long as any case holds it there. */
async function updateList(
  context: Context,
  tx: RegistryTransaction,
  {
    before,
    after,
    exceptions,
  }: { before: StoredCase; after: StoredCase; exceptions: readonly StoredException[] },
): Promise<void> {
  const wasListed = listedStates.has(before.state)
  const isListed = listedStates.has(after.state)
  if (wasListed === isListed) return
  const others = isListed ? [] : await listCasesHolding(tx, after.imeis, after.id)
  const held = new Set(others.flatMap(({ imeis }) => imeis.map((token) => token.toString('hex'))))
  await changeList(context, tx, {
    caseId: after.id,
    imeis: after.imeis
      .filter((token) => !held.has(token.toString('hex')))
      .map((token) => context.keys.openImei(token)),
    status: isListed ? 'PROHIBITED' : 'PERMITTED',
    reason: after.reason,
    exceptions,
    at: after.updatedAt,
  })
}

/** Takes a new case as far as it goes by itself; where it stops, says which requirements stopped it. */
export async function advanceCase(
  context: Context,
  tx: RegistryTransaction,
  reported: StoredCase,
  facts: CaseFacts,
): Promise<StoredCase> {
  let stored = reported
  for (const event of ['verify', 'block'] as const) {
    const moved = await moveCase(context, tx, stored, {
      event,
      actorKind: 'system',
      actor: 'system',
      facts,
      exceptions: [],
    })
    if (!moved.ok) {
      const review: readonly Requirement[] =
        moved.refusal.code === 'requirements-unmet' ? moved.refusal.unmet : []
      stored = { ...stored, review }
      await updateCase(tx, stored)
      return stored
    }
    stored = moved.stored
  }
  return stored
}
