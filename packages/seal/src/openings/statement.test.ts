import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rawPublicKey } from '../block-list/signature.ts'
import { decodeStatement, encodeStatement, isStatementSigned, signStatement } from './statement.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const id = '0f8fad5b-d9cb-469f-a165-70867728950e'
const fields = {
  opening: id,
  officer: 'officer-1',
  case: id,
  purpose: 'police-warrant',
  record: 'ab'.repeat(32),
  recipient: 'A'.repeat(43),
  at: '2026-11-24T02:31:07.512Z',
} as const

describe('a statement', () => {
  test('comes back from its text, under its own type alone', () => {
    const text = encodeStatement('opening-request', fields)
    expect(decodeStatement('opening-request', text)).toEqual(fields)
    expect(decodeStatement('opening-approval', text)).toBeUndefined()
    expect(decodeStatement('claim-check', text)).toBeUndefined()
  })

  test('with anything added, left out, changed in form or in another order is none', () => {
    const text = encodeStatement('opening-request', fields)
    const lines = text.trimEnd().split('\n')
    expect(decodeStatement('opening-request', `${text}\n`)).toBeUndefined()
    expect(decodeStatement('opening-request', text.replaceAll('\n', '\r\n'))).toBeUndefined()
    expect(decodeStatement('opening-request', `${lines.toReversed().join('\n')}\n`)).toBeUndefined()
    fc.assert(
      fc.property(fc.nat(lines.length - 1), (line) => {
        expect(decodeStatement('opening-request', `${lines.toSpliced(line, 1).join('\n')}\n`)).toBeUndefined()
      }),
    )
    fc.assert(
      fc.property(fc.string(), (noise) => {
        expect(decodeStatement('opening-request', noise)).toBeUndefined()
      }),
    )
  })

  test('has no room for a number, an identity document or a name', () => {
    for (const value of ['60123456789', '900101-14-5678', 'Invented Person'])
      for (const field of Object.keys(fields))
        expect(() => encodeStatement('opening-request', { ...fields, [field]: value })).toThrow(
          'is not in the form',
        )
  })

  test('is signed by whose key signed it, and by nobody else’s', () => {
    const signed = signStatement('opening-request', fields, privateKey)
    expect(isStatementSigned(signed, rawPublicKey(publicKey))).toBe(true)
    const other = generateKeyPairSync('ed25519').publicKey
    expect(isStatementSigned(signed, rawPublicKey(other))).toBe(false)
    const changed = { ...signed, text: signed.text.replace('police', 'policy') }
    expect(isStatementSigned(changed, rawPublicKey(publicKey))).toBe(false)
  })
})
