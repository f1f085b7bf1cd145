import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CollectionPolicy, decodePolicy, encodePolicy, openPolicy, signPolicy } from './policy.ts'

const root = generateKeyPairSync('ed25519')
const custodian = { name: 'custodian-a', epoch: 1, publicKey: 'A'.repeat(43) }
const plain: CollectionPolicy = {
  version: 1,
  forms: { msisdn: 'token', imsi: 'token', nationalId: 'tag', name: 'none', address: 'none' },
  bases: {},
  custodians: [],
}
const sealing: CollectionPolicy = {
  version: 2,
  forms: { ...plain.forms, name: 'sealed' },
  bases: { name: 'An Act (invented), section 1' },
  custodians: [custodian, { ...custodian, name: 'custodian-b', epoch: 3 }],
}

describe('a collection policy', () => {
  test.each([plain, sealing])('version $version comes back from its text', (policy) => {
    expect(decodePolicy(encodePolicy(policy))).toEqual(policy)
  })

  test('that has something sealed without a legal basis, or to nobody, is none', () => {
    expect(decodePolicy(encodePolicy({ ...sealing, bases: {} }))).toBeUndefined()
    expect(decodePolicy(encodePolicy({ ...sealing, bases: { name: ' ' } }))).toBeUndefined()
    expect(decodePolicy(encodePolicy({ ...sealing, custodians: [] }))).toBeUndefined()
  })

  test('that names a law or a custodian for nothing is none', () => {
    expect(decodePolicy(encodePolicy({ ...plain, bases: { name: 'An Act' } }))).toBeUndefined()
    expect(decodePolicy(encodePolicy({ ...plain, custodians: [custodian] }))).toBeUndefined()
    expect(decodePolicy(encodePolicy({ ...sealing, custodians: [custodian, custodian] }))).toBeUndefined()
  })

  test('that asks for a number, a SIM or a document in another form than a token or tag is none', () => {
    for (const field of ['msisdn', 'imsi', 'nationalId'] as const)
      for (const form of ['none', 'sealed'] as const)
        expect(
          decodePolicy(encodePolicy({ ...plain, forms: { ...plain.forms, [field]: form } })),
        ).toBeUndefined()
  })

  test('is read from no other text', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(400), (noise, at) => {
        const text = encodePolicy(sealing)
        const changed = text.slice(0, at % text.length) + noise + text.slice(at % text.length)
        const policy = decodePolicy(changed)
        if (policy) expect(encodePolicy(policy)).toBe(changed)
      }),
    )
  })

  test('counts if the custodian’s root signed exactly this text', () => {
    const signed = signPolicy(encodePolicy(sealing), root.privateKey)
    expect(openPolicy(signed, root.publicKey)).toEqual(sealing)
    expect(openPolicy({ ...signed, text: encodePolicy(plain) }, root.publicKey)).toBeUndefined()
    expect(openPolicy(signed, generateKeyPairSync('ed25519').publicKey)).toBeUndefined()
  })
})
