import { parsePairing, parseSubscriber } from '@pcbs/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extraUsesOf, lineAt, linesOf, type NationPlan } from './nation.ts'
import { networks } from './networks.ts'

const plan: NationPlan = { seed: 7, subscriptions: 3000, today: '2026-11-24' }
const home = { country: 'MY', mccs: ['502'] } as const
const allLines = networks.flatMap(({ telco }) => [...linesOf(plan, telco)])
const lines = allLines.filter(({ endedOn }) => endedOn === undefined)

describe('a simulated nation', () => {
  test('is the same for the same plan, whatever is asked first', () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), (index) => {
        expect(lineAt(plan, index)).toEqual(lineAt(plan, index))
      }),
    )
    expect(lineAt(plan, 5)).not.toEqual(lineAt({ ...plan, seed: 8 }, 5))
  })

  test('gives every subscription to one telco, with a number of its own', () => {
    expect(lines).toHaveLength(plan.subscriptions)
    expect(new Set(lines.map(({ subscriber }) => subscriber.msisdn)).size).toBe(plan.subscriptions)
  })

  test('has numbers that were ported from another telco, and people who changed theirs', () => {
    const former = allLines.filter(({ endedOn }) => endedOn !== undefined)
    const present = new Map(lines.map((line) => [line.subscriber.msisdn, line.telco]))
    const ported = former.filter(({ subscriber }) => present.has(subscriber.msisdn))
    expect(ported.length).toBeGreaterThan(0)
    expect(former.length).toBeGreaterThan(ported.length)
    for (const { telco, subscriber } of ported) expect(present.get(subscriber.msisdn)).not.toBe(telco)
  })

  test('holds only people and phones that core accepts', () => {
    for (const { subscriber, uses } of allLines) {
      const { issuingCountry } = subscriber
      const raw = { ...subscriber, isActive: true, ...(issuingCountry && { issuingCountry }) }
      const { issuingCountry: _, ...withoutCountry } = raw
      expect(
        parseSubscriber(issuingCountry ? { ...withoutCountry, issuingCountry } : withoutCountry, home).ok,
      ).toBe(true)
      for (const use of uses) expect(parsePairing(use, home).ok).toBe(true)
    }
  })

  test('has clones from two phones on an IMEI upwards, and no other shared phones', () => {
    const users = new Map<string, Set<string>>()
    for (const { subscriber, uses } of lines)
      for (const { imei } of uses) {
        const key = imei.slice(0, 14)
        users.set(key, (users.get(key) ?? new Set()).add(subscriber.msisdn))
      }
    const shared = [...users.values()].map(({ size }) => size).filter((size) => size > 1)
    expect(shared.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 6, 12, 50, 200])
  })

  test('knows the right answer for each of its dirty rows', () => {
    const extras = networks.flatMap(({ telco }) => [...extraUsesOf(plan, telco)])
    expect(extras.some(({ expected }) => expected)).toBe(true)
    for (const { expected, ...use } of extras) {
      const parsed = parsePairing(use, home)
      expect(parsed.ok ? undefined : parsed.failure).toEqual(expected)
    }
  })
})
