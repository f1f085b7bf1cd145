import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import vectors from '../vectors/seal.json' with { type: 'json' }
import {
  decodeToken,
  delegationBytes,
  deriveKey,
  emptyHead,
  encodeToken,
  findHeadFault,
  headBytes,
  type KeyPurpose,
  type ListChange,
  makeImeiToken,
  makeOwnerTag,
  makeToken,
  nextHead,
  openImeiToken,
  rawPublicKey,
  signBytes,
  type TokenKind,
  unwrapTokens,
  wrapTokens,
} from './index.ts'

const master = Buffer.from(vectors.master, 'hex')
const telcoKey = { epoch: 1, key: deriveKey(master, { purpose: 'telco', owner: 'telco-a', epoch: 1 }) }

describe('the vectors hold', () => {
  test.each(vectors.keys)('key $purpose/$owner/$epoch', ({ purpose, owner, epoch, key }) => {
    expect(deriveKey(master, { purpose: purpose as KeyPurpose, owner, epoch }).toString('hex')).toBe(key)
  })

  test.each(vectors.tokens)('token of $kind $value', ({ kind, value, bytes, wire, wrapped }) => {
    const token = makeToken(telcoKey, kind as TokenKind, value)
    const registryKey = deriveKey(master, { purpose: 'registry', owner: 'telco-a', epoch: 1 })
    expect(token.bytes.toString('hex')).toBe(bytes)
    expect(encodeToken(token)).toBe(wire)
    expect(wrapTokens(registryKey, token.bytes).toString('hex')).toBe(wrapped)
  })

  test('IMEI token', () => {
    const key = deriveKey(master, { purpose: 'imei', owner: '-', epoch: 1 })
    expect(makeImeiToken(key, vectors.imeiToken.imei).toString('hex')).toBe(vectors.imeiToken.token)
  })

  test('owner tag', () => {
    const { subscription, nationalId, tag } = vectors.ownerTag
    expect(makeOwnerTag(telcoKey.key, subscription, nationalId)).toBe(tag)
  })

  test('list heads', () => {
    let head = emptyHead
    for (const { change, head: expected } of vectors.listHeads) {
      head = nextHead(head, change as ListChange)
      expect(head.toString('hex')).toBe(expected)
    }
  })
})

describe('tokens', () => {
  test('a token comes back from its wire form, as its own kind only', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const token = makeToken(telcoKey, 'imsi', value)
        expect(decodeToken(encodeToken(token), 'imsi')).toEqual(token)
        expect(decodeToken(encodeToken(token), 'msisdn')).toBeUndefined()
      }),
    )
  })

  test('no number, identity or name in clear passes for a token', () => {
    const clear = fc.oneof(
      fc.stringMatching(/^\+?[0-9]{6,24}$/),
      fc.stringMatching(/^[0-9]{6}-[0-9]{2}-[0-9]{4}$/),
      fc.stringMatching(/^[A-Z][a-z]{2,11} [A-Z][a-z]{2,11}$/),
    )
    fc.assert(
      fc.property(clear, (text) => {
        expect(decodeToken(text, 'msisdn') ?? decodeToken(text, 'imsi')).toBeUndefined()
      }),
    )
  })

  test('the second layer is undone by its own key alone', () => {
    const key = deriveKey(master, { purpose: 'registry', owner: 'telco-a', epoch: 1 })
    const other = deriveKey(master, { purpose: 'registry', owner: 'telco-b', epoch: 1 })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (token) => {
        const wrapped = wrapTokens(key, token)
        expect(unwrapTokens(key, wrapped)).toEqual(Buffer.from(token))
        expect(unwrapTokens(other, wrapped)).not.toEqual(Buffer.from(token))
      }),
    )
    expect(() => wrapTokens(key, Buffer.alloc(15))).toThrow(RangeError)
  })

  test('an IMEI token opens to its IMEI, under its own key alone', () => {
    const key = deriveKey(master, { purpose: 'imei', owner: '-', epoch: 1 })
    const token = makeImeiToken(key, '35209900176148')
    expect(openImeiToken(key, token)).toBe('35209900176148')
    expect(() => openImeiToken(telcoKey.key, token)).toThrow('not an IMEI token')
  })
})

describe('the list’s signature', () => {
  const root = generateKeyPairSync('ed25519')
  const delegate = generateKeyPairSync('ed25519')
  const claims = { notBeforeMs: 1000, notAfterMs: 2000, publicKey: rawPublicKey(delegate.publicKey) }
  const delegation = { ...claims, signature: signBytes(root.privateKey, delegationBytes(claims)) }
  const statement = { seq: 7, head: '00'.repeat(32), signedAtMs: 1500 }
  const signed = { ...statement, delegation, signature: signBytes(delegate.privateKey, headBytes(statement)) }

  test('an honest head is believed', () => {
    expect(findHeadFault(root.publicKey, signed)).toBeUndefined()
  })

  test('a head that was changed in any way is not', () => {
    expect(findHeadFault(root.publicKey, { ...signed, seq: 8 })).toBe('head-signature')
    expect(findHeadFault(root.publicKey, { ...signed, head: '01'.repeat(32) })).toBe('head-signature')
    expect(findHeadFault(root.publicKey, { ...signed, signedAtMs: 2001 })).toBe('delegation-expired')
    expect(findHeadFault(delegate.publicKey, signed)).toBe('delegation-signature')
    const longer = { ...delegation, notAfterMs: 9000 }
    expect(findHeadFault(root.publicKey, { ...signed, delegation: longer })).toBe('delegation-signature')
  })
})
