import { createPrivateKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import vectors from '../../vectors/sealed.json' with { type: 'json' }
import { contentLength, decodeContent, encodeContent } from './content.ts'
import { decapsulate, makeSealingKey, openMessage, sealingKeyOf, sealMessage } from './hpke.ts'
import {
  beginSealing,
  openRecord,
  openShare,
  type RecordOwner,
  readSealedRecord,
  recordHash,
  recordShare,
  type SealedRecord,
  sealedRecordLength,
  sealRecord,
} from './record.ts'

const keys = [makeSealingKey(), makeSealingKey()]
const custodians = keys.map(({ publicKey }, place) => ({
  name: `custodian-${place}`,
  epoch: place + 1,
  publicKey,
}))
const owner: RecordOwner = { telco: 'telco-a', token: Buffer.alloc(16, 7), epoch: 1 }
const content = { name: 'Invented Person', address: 'Nowhere 1' }

async function sharesOf(record: SealedRecord, of: RecordOwner): Promise<Buffer[]> {
  return Promise.all(
    record.encapsulations.map(({ enc }, place) => {
      const privateKey = keys[place]?.privateKey
      if (!privateKey) throw new Error('a record names a custodian that is not there')
      return openShare({ name: `custodian-${place}`, privateKey }, enc, of)
    }),
  )
}

async function sealed(): Promise<{ bytes: Buffer; record: SealedRecord }> {
  const bytes = sealRecord(await beginSealing(custodians), owner, content)
  const record = bytes && readSealedRecord(bytes)
  if (!bytes || !record) throw new Error('nothing was sealed')
  return { bytes, record }
}

describe('a sealed record', () => {
  test('opens with the shares of all its custodians', async () => {
    const { record } = await sealed()
    expect(record.encapsulations.map(({ keyEpoch }) => keyEpoch)).toEqual([1, 2])
    expect(openRecord(record, owner, await sharesOf(record, owner))).toEqual(content)
  })

  test('does not open with one share missing, twice the same, or in another order', async () => {
    const { record } = await sealed()
    const [a, b] = (await sharesOf(record, owner)) as [Buffer, Buffer]
    for (const shares of [[], [a], [b], [a, a], [b, a], [a, b, b]])
      expect(openRecord(record, owner, shares)).toBeUndefined()
  })

  test('put in another subscription’s, telco’s or epoch’s place does not open', async () => {
    const { record } = await sealed()
    const others: RecordOwner[] = [
      { ...owner, token: Buffer.alloc(16, 8) },
      { ...owner, telco: 'telco-b' },
      { ...owner, epoch: 2 },
    ]
    for (const other of others) {
      expect(openRecord(record, other, await sharesOf(record, other))).toBeUndefined()
      expect(openRecord(record, other, await sharesOf(record, owner))).toBeUndefined()
    }
  })

  test('with any bit of it changed does not open', async () => {
    const { bytes } = await sealed()
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(bytes)
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(recordHash(changed, owner)).not.toBe(recordHash(bytes, owner))
        const record = readSealedRecord(changed)
        // The epochs in the header only name keys: a custodian that has no such key opens nothing.
        const isHeader = bit >> 3 === 1 || bit >> 3 === 3 || bit >> 3 === 36
        if (!record || isHeader) return
        expect(openRecord(record, owner, await sharesOf(record, owner))).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })

  test('is read from no other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
        const record = readSealedRecord(Buffer.from(noise))
        if (record) expect(noise.length).toBe(sealedRecordLength(record.encapsulations.length))
      }),
    )
  })

  test('has the same length whatever is in it', async () => {
    const batch = await beginSealing(custodians)
    const text = fc.string({ maxLength: 60 })
    fc.assert(
      fc.property(text, text, (name, address) => {
        expect(sealRecord(batch, owner, { name, address })?.length).toBe(sealedRecordLength(2))
      }),
    )
  })
})

describe('a record’s content', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })

  test('comes back from its bytes', () => {
    fc.assert(
      fc.property(text, text, (name, address) => {
        const bytes = encodeContent({ name, address })
        if (Buffer.byteLength(name) + Buffer.byteLength(address) + 6 > contentLength)
          expect(bytes).toBeUndefined()
        else expect(decodeContent(bytes ?? Buffer.alloc(0))).toEqual({ name, address })
      }),
    )
  })

  test('that is too long is none, and is not cut', () => {
    expect(encodeContent({ address: 'x'.repeat(contentLength) })).toBeUndefined()
  })
})

test('a message opens for its recipient and its purpose alone', async () => {
  const context = { info: 'a purpose', aad: 'a request' }
  const [own, other] = keys as [(typeof keys)[0], (typeof keys)[0]]
  const message = await sealMessage(own.publicKey, Buffer.from('a share'), context)
  expect((await openMessage(own.privateKey, message, context))?.toString()).toBe('a share')
  expect(await openMessage(other.privateKey, message, context)).toBeUndefined()
  expect(await openMessage(own.privateKey, message, { ...context, aad: 'another' })).toBeUndefined()
  expect(await openMessage(own.privateKey, message, { ...context, info: 'another' })).toBeUndefined()
})

test('the vector opens as another implementation would open it', async () => {
  const { custodians: vector, telco, token, epoch, sealed: text } = vectors
  const record = readSealedRecord(Buffer.from(text, 'hex'))
  if (!record) throw new Error('the vector is no record')
  const of = { telco, token: Buffer.from(token, 'hex'), epoch }
  const shares = await Promise.all(
    vector.map(async ({ name, privateKey, publicKey, secret, share }, place) => {
      const key = createPrivateKey({
        key: { kty: 'OKP', crv: 'X25519', d: privateKey, x: publicKey },
        format: 'jwk',
      })
      expect(sealingKeyOf(key).publicKey).toBe(publicKey)
      const enc = record.encapsulations[place]?.enc ?? Buffer.alloc(0)
      const found = await decapsulate(key, enc, `pcbs-sealed-batch-v1\0${name}`)
      expect(found.toString('hex')).toBe(secret)
      expect(recordShare(found, of).toString('hex')).toBe(share)
      return recordShare(found, of)
    }),
  )
  expect(openRecord(record, of, shares)).toEqual(vectors.content)
})
