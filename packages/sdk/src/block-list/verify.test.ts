import { generateKeyPairSync } from 'node:crypto'
import type { Schemas } from '@pcbs/contract'
import {
  delegationBytes,
  encodeSnapshot,
  headBytes,
  type ListChange,
  nextHead,
  openSnapshot,
  rawPublicKey,
  signBytes,
  snapshotBytes,
} from '@pcbs/seal'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ListPosition, listStart, verifyChanges, verifySnapshot } from './verify.ts'

const [root, delegate, stranger] = [1, 2, 3].map(() => generateKeyPairSync('ed25519')) as [Pair, Pair, Pair]
type Pair = ReturnType<typeof generateKeyPairSync>
const nowMs = 1_795_000_000_000
const claims = {
  notBeforeMs: nowMs - 1000,
  notAfterMs: nowMs + 1000,
  publicKey: rawPublicKey(delegate.publicKey),
}
const delegation = { ...claims, signature: signBytes(root.privateKey, delegationBytes(claims)) }

const changesOf = (imeis: readonly number[], from = 0): ListChange[] =>
  imeis.map((imei, index) => ({
    seq: from + index + 1,
    imei: String(imei),
    status: 'PROHIBITED',
    exceptions: [],
    atMs: nowMs,
  }))

function headAfter(changes: readonly ListChange[], from: ListPosition = listStart): ListPosition {
  let head: Buffer = Buffer.from(from.head, 'hex')
  for (const change of changes) head = nextHead(head, change)
  return { seq: changes.at(-1)?.seq ?? from.seq, head: head.toString('hex') }
}

function signed(position: ListPosition, key = delegate.privateKey): Schemas['SignedHead'] {
  const statement = { ...position, signedAtMs: nowMs }
  return { ...statement, delegation, signature: signBytes(key, headBytes(statement)) }
}

const wire = (changes: readonly ListChange[], head: Schemas['SignedHead']): Schemas['BlockListChanges'] => ({
  changes: changes.map((change) => ({ ...change, exceptions: [] }) as Schemas['PhoneChange']),
  head,
})
const imeis = fc.array(fc.integer({ min: 35_000_000_000_000, max: 35_999_999_999_999 }), {
  minLength: 2,
  maxLength: 20,
})

describe('a copy of the list', () => {
  test('goes on with the changes that follow it, and with no others', () => {
    fc.assert(
      fc.property(imeis, fc.nat(), (all, pick) => {
        const changes = changesOf(all)
        const reached = headAfter(changes)
        expect(verifyChanges(root.publicKey, listStart, wire(changes, signed(reached)))).toEqual(reached)
        const place = pick % all.length
        const gap = changes.toSpliced(place, 1)
        const swapped = [...changes.slice(1, 2), ...changes.slice(0, 1), ...changes.slice(2)]
        const forged = changes.with(place, {
          ...(changes[place] as ListChange),
          status: 'PERMITTED',
        } as ListChange)
        for (const bad of [gap, swapped, forged, changes.slice(0, -1)])
          expect(() => verifyChanges(root.publicKey, listStart, wire(bad, signed(reached)))).toThrow(
            'block list',
          )
      }),
    )
  })

  test('takes nothing that the registry’s key did not sign, nor a key that the custodian did not vouch for', () => {
    const changes = changesOf([35_209_900_176_148])
    const reached = headAfter(changes)
    const byStranger = wire(changes, signed(reached, stranger.privateKey))
    expect(() => verifyChanges(root.publicKey, listStart, byStranger)).toThrow('head-signature')
    const genuine = wire(changes, signed(reached))
    expect(() => verifyChanges(stranger.publicKey, listStart, genuine)).toThrow('delegation-signature')
  })

  test('begins from no snapshot but the signed one', () => {
    const { seq, head: reached } = headAfter(changesOf([35_209_900_176_148]))
    const phones = { count: 1, list: [{ imei: 35_209_900_176_148, status: 'PROHIBITED' as const }] }
    const snapshotOf = (list: typeof phones, place = { seq, head: reached }) => {
      const opened = openSnapshot(
        Buffer.concat([...encodeSnapshot(place, { phones: list, ranges: [], exceptions: [] })]),
      )
      if (!opened) throw new Error('it does not open')
      return opened
    }
    const snapshot = snapshotOf(phones)
    const { digest } = snapshot
    const head = signed({ seq, head: reached })
    const promised = (key = delegate.privateKey) => {
      const signature = signBytes(key, snapshotBytes({ seq, head: reached, digest }))
      return { head, digest, bytes: 0, phones: 1, signature }
    }
    expect(verifySnapshot(root.publicKey, promised(), snapshot)).toEqual({ seq, head: reached })
    for (const other of [
      snapshotOf({ count: 0, list: [] }),
      snapshotOf(phones, { seq: seq + 1, head: reached }),
      snapshotOf(phones, { seq, head: '00'.repeat(32) }),
    ])
      expect(() => verifySnapshot(root.publicKey, promised(), other)).toThrow('not the signed one')
    const byStranger = promised(stranger.privateKey)
    expect(() => verifySnapshot(root.publicKey, byStranger, snapshot)).toThrow('not the signed one')
  })
})
