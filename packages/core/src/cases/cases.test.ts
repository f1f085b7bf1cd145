import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTimeZone } from '../days/nation-days.ts'
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
import { decideOwnership, findLaterUse } from './ownership.ts'
import { provisionalPeriodMs, provisionalUntil } from './provisional.ts'
import { type CaseFacts, requirements } from './requirements.ts'

const parsedZone = parseTimeZone('Asia/Kuala_Lumpur')
if (!parsedZone.ok) throw new Error('the time zone database has no Kuala Lumpur')
const kualaLumpur = parsedZone.value

const actors: readonly ActorKind[] = ['filing_telco', 'other_telco', 'officer', 'system']

const allHolds: CaseFacts = {
  ownership: { isProven: true, lastSeen: '2026-11-20' },
  arePapersAccepted: false,
  isClaimantConfirmed: true,
  unblockable: [],
  isCloneSet: false,
  areClonesAccepted: false,
  isWithinBudget: true,
  laterUse: { isHere: false, isElsewhere: false },
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
      { isWithinBudget: false },
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
    expect(decideEvent({ ...attempt, facts: { ...allHolds, isWithinBudget: false } }).ok).toBe(true)
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

  test('use by anybody else after the claimant is noticed, at the same telco and elsewhere', () => {
    const neighbours = { telcoId: 1, isClaimants: false, lastSeen: '2026-11-21' }
    const here = { isHere: true, isElsewhere: false }
    const elsewhere = { isHere: false, isElsewhere: true }
    const nowhere = { isHere: false, isElsewhere: false }
    expect(findLaterUse([[mine, neighbours]], 1)).toEqual(here)
    expect(findLaterUse([[mine, theirs]], 1)).toEqual(elsewhere)
    expect(findLaterUse([[mine], [mine, theirs, neighbours]], 1)).toEqual({ isHere: true, isElsewhere: true })
    expect(findLaterUse([[mine, { ...neighbours, lastSeen: mine.lastSeen }]], 1)).toEqual(nowhere)
    expect(findLaterUse([[mine, { ...theirs, lastSeen: '2026-11-19' }]], 1)).toEqual(nowhere)
    expect(findLaterUse([[theirs], []], 1)).toEqual(nowhere)
  })
})

describe('a phone that changed hands', () => {
  const sold = { ...allHolds, laterUse: { isHere: true, isElsewhere: false } }

  test('is not blocked by who used it before, until an officer says so', () => {
    const attempt = { state: 'reported', event: 'verify', facts: sold } as const
    for (const actor of ['system', 'filing_telco'] as const)
      expect(decideEvent({ ...attempt, actor })).toEqual({
        ok: false,
        failure: { code: 'requirements-unmet', unmet: ['not_used_later_by_another'] },
      })
    expect(decideEvent({ ...attempt, actor: 'officer' })).toEqual({ ok: true, value: 'verified' })
  })

  test('after the claim was verified is not blocked either, however long the seller waited', () => {
    const attempt = { state: 'verified', event: 'block', facts: sold } as const
    expect(decideEvent({ ...attempt, actor: 'filing_telco' })).toEqual({
      ok: false,
      failure: { code: 'requirements-unmet', unmet: ['not_used_later_by_another'] },
    })
    expect(decideEvent({ ...attempt, actor: 'officer' })).toEqual({ ok: true, value: 'blocked' })
  })
})

describe('a provisional block', () => {
  const lapsed = { event: 'expire', actor: 'system', facts: allHolds } as const

  test.each(['blocked', 'release_requested', 'disputed'] as const)(
    'ends by itself when it is %s',
    (state) => {
      expect(decideEvent({ ...lapsed, state })).toEqual({ ok: true, value: 'expired' })
      const facts = { ...allHolds, hasProvisionalLapsed: false }
      expect(decideEvent({ ...lapsed, state, facts }).ok).toBe(false)
      expect(decideEvent({ ...lapsed, state, actor: 'officer' }).ok).toBe(false)
    },
  )
})

describe('the exceptions of a case', () => {
  test.each(['blocked', 'release_requested', 'disputed'] as const)(
    'are an officer’s to change while it is %s, and change nothing else',
    (state) => {
      for (const actor of actors)
        expect(decideEvent({ state, event: 'change_exceptions', actor, facts: allHolds })).toEqual(
          actor === 'officer' ? { ok: true, value: state } : { ok: false, failure: expect.anything() },
        )
    },
  )

  test.each(['reported', 'verified', 'released', 'rejected', 'withdrawn', 'expired'] as const)(
    'cannot be changed when it is %s',
    (state) => {
      const attempt = { state, event: 'change_exceptions', actor: 'officer', facts: allHolds } as const
      expect(decideEvent(attempt)).toMatchObject({ failure: { code: 'event-illegal' } })
    },
  )
})

test('a household’s shared phone is not a clone, five subscriptions are', () => {
  expect(isCloneSet({ subscriptionsPerImei: 4, subscriptions: 4 })).toBe(false)
  expect(isCloneSet({ subscriptionsPerImei: 5, subscriptions: 5 })).toBe(true)
})

test('a police report makes a provisional block lasting', () => {
  const rule = { periodMs: 500, timeZone: kualaLumpur }
  expect(provisionalUntil({ blockedAtMs: 1000, hasPoliceReport: false }, rule)).toBe(1500)
  expect(provisionalUntil({ blockedAtMs: 1000, hasPoliceReport: true }, rule)).toBeUndefined()
})

test('a provisional block of two weeks stands until the nation’s midnight after its last day', () => {
  const rule = { periodMs: provisionalPeriodMs, timeZone: kualaLumpur }
  // One o'clock at night of the 25th in Kuala Lumpur is the 24th in UTC.
  const blockedAtMs = Date.parse('2026-11-24T17:00:00Z')
  const until = provisionalUntil({ blockedAtMs, hasPoliceReport: false }, rule)
  expect(new Date(until ?? 0).toISOString()).toBe('2026-12-09T16:00:00.000Z')
})
