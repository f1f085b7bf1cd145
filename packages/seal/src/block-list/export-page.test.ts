import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { delegationBytes, encodeExportPage, openExportPage, rawPublicKey, signBytes } from '../index.ts'

const [root, delegate] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
const claims = { notBeforeMs: 1000, notAfterMs: 9000, publicKey: rawPublicKey(delegate.publicKey) }
const delegation = { ...claims, signature: signBytes(root.privateKey, delegationBytes(claims)) }
const page = {
  telco: 'telco-a',
  kind: 'changes',
  after: '120',
  seq: 170,
  rows: 50,
  digest: 'ab'.repeat(32),
  atMs: 5000,
} as const

test('a page of an export is believed as it was signed, and in no other words', () => {
  const text = encodeExportPage(page)
  const signature = signBytes(delegate.privateKey, Buffer.from(text))
  const open = (changed: Partial<{ text: string; signature: string }>) =>
    openExportPage(root.publicKey, { text, delegation, signature, ...changed })
  expect(open({})).toEqual(page)
  expect(open({ text: text.replace('seq 170', 'seq 171') })).toBe('page-signature')
  expect(open({ text: `${text}\n` })).toBe('format')
  expect(open({ text: text.replace('telco-a', 'Telco A') })).toBe('format')
  const late = encodeExportPage({ ...page, atMs: 9001 })
  expect(open({ text: late, signature: signBytes(delegate.privateKey, Buffer.from(late)) })).toBe(
    'delegation-expired',
  )
})
