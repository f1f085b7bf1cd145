import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import vectors from '../../vectors/seal.json' with { type: 'json' }
import {
  decodeManifest,
  decodeReceipt,
  delegationBytes,
  encodeManifest,
  encodeReceipt,
  type FeedManifest,
  type FeedReceipt,
  isManifestSigned,
  manifestHash,
  openReceipt,
  rawPublicKey,
  type SignedReceipt,
  signBytes,
  signManifest,
} from '../index.ts'

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
const day = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const manifest: fc.Arbitrary<FeedManifest> = fc.record({
  telco: fc.constantFrom('telco-a', 'zz', 'maxis-9'),
  kind: fc.constantFrom('subscribers', 'pairings'),
  number: fc.integer({ min: 1, max: 999_999_999 }),
  mode: fc.constantFrom('snapshot', 'delta'),
  periodFrom: day,
  periodTo: day,
  policyVersion: fc.integer({ min: 1, max: 1000 }),
  previous: fc.option(hash, { nil: undefined }),
  parts: fc.array(fc.record({ rows: fc.integer({ min: 1, max: 20_000 }), digest: hash }), { maxLength: 20 }),
})
const receipt: fc.Arbitrary<FeedReceipt> = fc.record({
  telco: fc.constantFrom('telco-a', 'zz'),
  kind: fc.constantFrom('subscribers', 'pairings'),
  number: fc.integer({ min: 1, max: 999_999_999 }),
  manifest: hash,
  state: fc.constantFrom('applied', 'quarantined', 'refused'),
  accepted: fc.nat(),
  rejected: fc.nat(),
  atMs: fc.integer({ min: 1, max: 4_000_000_000_000 }),
})
const { privateKey: telcoKey } = generateKeyPairSync('ed25519')
const root = generateKeyPairSync('ed25519')
const delegate = generateKeyPairSync('ed25519')

function signReceipt(content: FeedReceipt, notBeforeMs = 0, notAfterMs = 4_000_000_000_001): SignedReceipt {
  const claims = { notBeforeMs, notAfterMs, publicKey: rawPublicKey(delegate.publicKey) }
  const text = encodeReceipt(content)
  return {
    text,
    delegation: { ...claims, signature: signBytes(root.privateKey, delegationBytes(claims)) },
    signature: signBytes(delegate.privateKey, Buffer.from(text)),
  }
}

/** The text with one character changed. */
const mutated = (text: string, place: number) => {
  const at = place % text.length
  const other = text[at] === '7' ? '8' : '7'
  return `${text.slice(0, at)}${other}${text.slice(at + 1)}`
}

describe('manifests and receipts', () => {
  test('are written as the vectors say', () => {
    const { manifest: content, manifestText, receipt: said, receiptText } = vectors.feeds
    expect(encodeManifest(content as FeedManifest)).toBe(manifestText)
    expect(manifestHash(manifestText)).toBe(said.manifest)
    expect(encodeReceipt(said as FeedReceipt)).toBe(receiptText)
  })

  test('are read as they were written, and any other text is none', () => {
    fc.assert(
      fc.property(manifest, receipt, fc.nat(), (content, said, place) => {
        const [text, receiptText] = [encodeManifest(content), encodeReceipt(said)]
        expect(decodeManifest(text)).toEqual(content)
        expect(decodeReceipt(receiptText)).toEqual(said)
        for (const other of [
          mutated(text, place),
          `${text}\n`,
          text.slice(0, -1),
          text.replace('\n', '\r\n'),
        ]) {
          const read = decodeManifest(other)
          if (read) expect(encodeManifest(read)).toBe(other)
        }
      }),
    )
  })

  test('are believed only with the signature of every character', () => {
    fc.assert(
      fc.property(manifest, receipt, fc.nat(), (content, said, place) => {
        const signed = signManifest(content, telcoKey)
        expect(isManifestSigned(signed)).toBe(true)
        expect(isManifestSigned({ ...signed, text: mutated(signed.text, place) })).toBe(false)
        const given = signReceipt(said)
        expect(openReceipt(root.publicKey, given)).toEqual(said)
        expect(typeof openReceipt(root.publicKey, { ...given, text: mutated(given.text, place) })).toBe(
          'string',
        )
        expect(openReceipt(delegate.publicKey, given)).toBe('delegation-signature')
        expect(openReceipt(root.publicKey, signReceipt(said, 0, said.atMs - 1))).toBe('delegation-expired')
      }),
      { numRuns: 50 },
    )
  })
})
