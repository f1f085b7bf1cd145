import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CollectionPolicy,
  decodePolicy,
  encodePolicy,
  findPolicyFault,
  openPolicy,
  signPolicy,
} from './policy.ts'

const root = generateKeyPairSync('ed25519')
const custodian = { name: 'custodian-a', epoch: 1, publicKey: 'A'.repeat(43) }
const nation = { country: 'MY', mccs: ['502'], timeZone: 'Asia/Kuala_Lumpur' }
const plain: CollectionPolicy = {
  version: 1,
  nation,
  forms: { msisdn: 'token', imsi: 'token', nationalId: 'tag', name: 'none', address: 'none' },
  bases: {},
  custodians: [],
}
const sealing: CollectionPolicy = {
  version: 2,
  nation: { country: 'US', mccs: ['310', '311'], timeZone: 'America/Argentina/Buenos_Aires' },
  forms: { ...plain.forms, name: 'sealed' },
  bases: { name: 'An Act (invented), section 1' },
  custodians: [custodian, { ...custodian, name: 'custodian-b', epoch: 3 }],
}

describe('a collection policy', () => {
  test.each([plain, sealing])('version $version comes back from its text', (policy) => {
    expect(decodePolicy(encodePolicy(policy))).toEqual(policy)
  })

  test('of the first format, which named no nation, is still read as it was signed', () => {
    const { nation: _none, ...first } = plain
    const text = encodePolicy(first)
    expect(text.startsWith('pcbs-collection-policy-v1\nversion 1\nfield msisdn token\n')).toBe(true)
    expect(decodePolicy(text)).toEqual(first)
  })

  test('says whose days are counted in one line, the third', () => {
    expect(encodePolicy(plain).split('\n').slice(0, 3)).toEqual([
      'pcbs-collection-policy-v2',
      'version 1',
      'nation MY 502 Asia/Kuala_Lumpur',
    ])
  })

  test.each([
    [{ country: 'my' }],
    [{ country: 'MYS' }],
    [{ mccs: [] }],
    [{ mccs: ['50'] }],
    [{ mccs: ['502', '5 2'] }],
    [{ timeZone: '' }],
    [{ timeZone: 'Asia/Kuala Lumpur' }],
    [{ timeZone: 'UTC\nfield name sealed' }],
  ])('with a nation of %j is none', (change) => {
    const wrong = { ...plain, nation: { ...nation, ...change } }
    expect(findPolicyFault(wrong)).toContain('the nation has')
    expect(decodePolicy(encodePolicy(wrong))).toBeUndefined()
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
