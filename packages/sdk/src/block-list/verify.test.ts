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
import {
  checkPromise,
  type ListPosition,
  listStart,
  openChanges,
  verifyChanges,
  verifySnapshot,
} from './verify.ts'

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

describe('a batch that is not as it was signed', () => {
  const phone = {
    seq: 1,
    atMs: nowMs,
    imei: '35209900176148',
    status: 'PROHIBITED',
    reason: 'stolen',
    exceptions: [{ telcoId: 7, imsiToken: 'ab'.repeat(16) }],
  } as const satisfies ListChange
  const range = {
    seq: 2,
    atMs: nowMs,
    tacs: { from: '35209900', to: '35209999' },
    status: 'TRACKING',
  } as const satisfies ListChange
  const changes = [phone, range]
  const honest = { changes, head: signed(headAfter(changes)) }
  const open = (batch: unknown) =>
    // What comes over the wire has whatever form it has.
    openChanges(root.publicKey, listStart, JSON.parse(JSON.stringify(batch)) as Schemas['BlockListChanges'])
  const withPhone = (edit: object) => ({ ...honest, changes: [{ ...phone, ...edit }, range] })
  const withSim = (edit: object) => withPhone({ exceptions: [{ ...phone.exceptions[0], ...edit }] })
  const withRange = (edit: object) => ({ ...honest, changes: [phone, { ...range, ...edit }] })
  const withHead = (edit: object) => ({ ...honest, head: { ...honest.head, ...edit } })
  const withDelegation = (edit: object) => withHead({ delegation: { ...delegation, ...edit } })

  test('is the honest one, changes and all, where nothing was edited', () => {
    expect(open(honest)).toEqual({ changes, position: headAfter(changes), signedAtMs: nowMs })
  })

  test.each([
    ['an IMEI with a fraction', withPhone({ imei: '35209900176148.5' })],
    ['an IMEI that is a number', withPhone({ imei: 35_209_900_176_148 })],
    ['an IMEI with a blank', withPhone({ imei: ' 35209900176148' })],
    ['a TAC with a fraction', withRange({ tacs: { from: '35209900.5', to: '35209999' } })],
    ['a token in upper case', withSim({ imsiToken: 'AB'.repeat(16) })],
    ['a token that is too long', withSim({ imsiToken: `${'ab'.repeat(16)}cd` })],
    ['a token with other letters behind it', withSim({ imsiToken: `${'ab'.repeat(16)}zz` })],
    ['a telco beyond the range', withSim({ telcoId: 1e9 })],
    ['a telco that is a text', withSim({ telcoId: '7' })],
    ['no exceptions', withPhone({ exceptions: undefined })],
    ['exceptions that are null', withPhone({ exceptions: null })],
    ['a time with a fraction', withPhone({ atMs: nowMs + 0.5 })],
    ['a time that is a text', withPhone({ atMs: 'x' })],
    ['a sequence that is a text', withPhone({ seq: '1' })],
    ['a field that nobody signed', withPhone({ note: 'x' })],
    ['a status that is none', withRange({ status: 'toString' })],
    ['a change that is null', { ...honest, changes: [null, range] }],
    ['changes that are none', { ...honest, changes: {} }],
    ['no changes', { head: honest.head }],
    ['no head', { changes }],
    ['a signature that is null', withHead({ signature: null })],
    ['a signature with blanks behind it', withHead({ signature: `${honest.head.signature}  ` })],
    ['a signing time that is a text', withHead({ signedAtMs: String(nowMs) })],
    ['a signing time with a fraction', withHead({ signedAtMs: nowMs + 0.5 })],
    ['a delegation that is null', withHead({ delegation: null })],
    ['a delegation until whenever', withDelegation({ notAfterMs: 'x' })],
    ['a delegation whose key is null', withDelegation({ publicKey: null })],
    ['null', null],
    ['a text', 'x'],
  ])('is refused as invalid: %s', (_, batch) => {
    expect(() => open(batch)).toThrow(expect.objectContaining({ code: 'list-invalid' }))
  })

  test('is refused, or says what the honest one says, whichever value in it is replaced by whatever', () => {
    const paths = pathsOf(honest)
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), edits, (path, value, edit) => {
        const before = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], honest)
        for (const next of [value, edit(before)]) {
          const edited = replaced(honest, path, next)
          let opened: unknown
          try {
            opened = open(edited)
          } catch (error) {
            expect(error).toMatchObject({ code: 'list-invalid' })
            continue
          }
          expect(opened).toEqual(open(honest))
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('is no better as an offer of a snapshot', () => {
    const digest = 'cd'.repeat(32)
    const signature = signBytes(delegate.privateKey, snapshotBytes({ ...honest.head, digest }))
    const offer = { head: honest.head, digest, bytes: 100, phones: 1, signature }
    const check = (edit: object) =>
      checkPromise(root.publicKey, { ...offer, ...edit } as Schemas['BlockListSnapshot'])
    expect(() => check({})).not.toThrow()
    for (const edit of [
      { head: null },
      { digest: null },
      { digest: '../../../../x' },
      { digest: digest.toUpperCase() },
      { bytes: '100' },
      { signature: null },
      { head: { ...honest.head, delegation: null } },
    ])
      expect(() => check(edit), JSON.stringify(edit)).toThrow(
        expect.objectContaining({ code: 'list-invalid' }),
      )
  })
})

/** Edits that are near to what stands there. */
const edits = fc.constantFrom(
  (value: unknown) => String(value),
  (value: unknown) => Number(value) + 0.5,
  (value: unknown) => `${value}.5`,
  (value: unknown) => ` ${value}`,
  (value: unknown) => `${value}00`,
  (value: unknown) => `${value}=`,
  (value: unknown) => (typeof value === 'string' ? value.toUpperCase() : -Number(value)),
  (value: unknown) => [value],
  (value: unknown) => (Array.isArray(value) ? { ...value, length: value.length } : { value }),
)

/** The way to each value in a value, itself left out. */
function pathsOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...pathsOf(inner).map((path) => [key, ...path]),
  ])
}

function replaced(whole: unknown, [key, ...rest]: readonly string[], next: unknown): unknown {
  if (key === undefined) return next
  const copy = (Array.isArray(whole) ? [...whole] : { ...(whole as object) }) as Record<string, unknown>
  copy[key] = replaced(copy[key], rest, next)
  return copy
}
