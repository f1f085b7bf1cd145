import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCloneSet } from './clones.ts'
import { decideEvent } from './decide.ts'
import {
  type ActorKind,
  caseEvents,
  caseStates,
  findTransition,
  lifecycle,
  listedStates,
} from './lifecycle.ts'
import { decideOwnership, isLastSeenElsewhere } from './ownership.ts'
import { provisionalUntil } from './provisional.ts'
import { type CaseFacts, requirements } from './requirements.ts'

const actors: readonly ActorKind[] = ['filing_telco', 'other_telco', 'officer', 'system']

const allHolds: CaseFacts = {
  ownership: { isProven: true, lastSeen: '2026-11-20' },
  arePapersAccepted: false,
  isClaimantConfirmed: true,
  unblockable: [],
  isCloneSet: false,
  areClonesAccepted: false,
  blocksLeftToday: 1,
  isLastSeenElsewhere: false,
  hasProvisionalLapsed: true,
}

describe('the lifecycle table', () => {
  const everyPair = caseStates.flatMap((state) => caseEvents.map((event) => ({ state, event })))

  test.each(everyPair)('$state × $event is what the table says and nothing else', ({ state, event }) => {
    const row = findTransition(state, event)
    for (const actor of actors) {
      const decision = decideEvent({ state, event, actor, facts: allHolds })
      if (!row) expect(decision).toEqual({ ok: false, failure: { code: 'event-illegal', state, event } })
      else if (!row.by.includes(actor))
        expect(decision).toMatchObject({ failure: { code: 'actor-not-allowed' } })
      else expect(decision).toEqual({ ok: true, value: row.to })
    }
  })

  test('every row leads to a state, and every state is reached from reported', () => {
    const reached = new Set<string>(['reported'])
    for (let before = 0; before < reached.size; ) {
      before = reached.size
      for (const state of caseStates.filter((each) => reached.has(each))) {
        for (const { to } of Object.values(lifecycle[state])) reached.add(to)
      }
    }
    expect([...reached].toSorted()).toEqual([...caseStates].toSorted())
  })

  test('no case is blocked by its filing telco alone when any rule of a block is unmet', () => {
    const broken: Partial<CaseFacts>[] = [
      {
        unblockable: [
          { code: 'all-zeros', pattern: /^0{14}$/, reason: 'Phones send zeros when their IMEI was erased.' },
        ],
      },
      { isCloneSet: true },
      { blocksLeftToday: 0 },
    ]
    for (const facts of broken) {
      const decision = decideEvent({
        state: 'verified',
        event: 'block',
        actor: 'filing_telco',
        facts: { ...allHolds, ...facts },
      })
      expect(decision.ok).toBe(false)
    }
  })

  test('whatever happens in whatever order, a listed case got there through verification', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...caseEvents), fc.constantFrom(...actors)), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(steps, (attempts) => {
        let state = caseStates[0] ?? 'reported'
        let wasVerified = false
        for (const [event, actor] of attempts) {
          const decision = decideEvent({ state, event, actor, facts: allHolds })
          if (decision.ok) state = decision.value
          wasVerified ||= state === 'verified'
          if (listedStates.has(state)) expect(wasVerified).toBe(true)
        }
      }),
    )
  })

  test('an officer decides over budgets and last use, but never over a shared placeholder', () => {
    const attempt = { state: 'verified', event: 'block', actor: 'officer' } as const
    expect(decideEvent({ ...attempt, facts: { ...allHolds, blocksLeftToday: 0 } }).ok).toBe(true)
    const placeholder = {
      code: 'all-zeros',
      pattern: /^0{14}$/,
      reason: 'Phones send zeros when their IMEI was erased.',
    } as const
    const decision = decideEvent({ ...attempt, facts: { ...allHolds, unblockable: [placeholder] } })
    expect(decision).toEqual({
      ok: false,
      failure: { code: 'requirements-unmet', unmet: ['blockable_imeis'] },
    })
  })

  test('each requirement has a code of its own and says what to do', () => {
    const codes = Object.values(requirements).map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
  })
})

describe('ownership', () => {
  const mine = { telcoId: 1, isClaimants: true, lastSeen: '2026-11-20' }
  const theirs = { telcoId: 2, isClaimants: false, lastSeen: '2026-11-22' }
  const lookBackFrom = '2026-08-26'

  test('is proven by use on the claimant’s own subscription within the look-back', () => {
    expect(decideOwnership({ sightings: [[mine, theirs]], isOwnerTagEqual: true, lookBackFrom })).toEqual({
      isProven: true,
      lastSeen: '2026-11-20',
    })
  })

  test('is not proven when one IMEI of the set was never the claimant’s', () => {
    expect(
      decideOwnership({ sightings: [[mine], [theirs]], isOwnerTagEqual: true, lookBackFrom }),
    ).toMatchObject({
      reason: 'never-seen-on-subscription',
    })
  })

  test('is not proven by another person, nor by use long ago', () => {
    expect(decideOwnership({ sightings: [[mine]], isOwnerTagEqual: false, lookBackFrom })).toMatchObject({
      reason: 'owner-tag-differs',
    })
    const old = { ...mine, lastSeen: '2026-08-25' }
    expect(decideOwnership({ sightings: [[old]], isOwnerTagEqual: true, lookBackFrom })).toMatchObject({
      reason: 'seen-too-long-ago',
    })
  })

  test('a phone last seen at another telco is noticed', () => {
    expect(isLastSeenElsewhere([[mine, theirs]], 1)).toBe(true)
    expect(isLastSeenElsewhere([[mine, theirs]], 2)).toBe(false)
    expect(isLastSeenElsewhere([[]], 1)).toBe(false)
  })
})

test('a household’s shared phone is not a clone, five subscriptions are', () => {
  expect(isCloneSet({ subscriptionsPerImei: 4, subscriptions: 4 })).toBe(false)
  expect(isCloneSet({ subscriptionsPerImei: 5, subscriptions: 5 })).toBe(true)
})

test('a police report makes a provisional block lasting', () => {
  expect(provisionalUntil({ blockedAtMs: 1000, hasPoliceReport: false }, 500)).toBe(1500)
  expect(provisionalUntil({ blockedAtMs: 1000, hasPoliceReport: true }, 500)).toBeUndefined()
})
