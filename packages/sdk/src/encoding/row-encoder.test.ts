import { beginSealing, makeSealingKey, readSealedRecord, sealedTextLength } from '@pcbs/seal'
import { describe, expect, test } from 'vitest'
import { rawText, readRawText } from './raw-text.ts'
import { RowEncoder } from './row-encoder.ts'

const home = { country: 'MY', mccs: ['502'] } as const
const key = { epoch: 1, key: Buffer.alloc(32, 1) }
const custodians = [{ name: 'custodian-a', epoch: 1, publicKey: makeSealingKey().publicKey }]
const row = {
  msisdn: '0123456789',
  nationalId: '900101-14-5678',
  name: 'Invented Person',
  address: '1 Jalan Tiada',
  isActive: true,
}

describe('a subscriber’s row', () => {
  test('a field that the policy does not ask for is in no text that goes further', () => {
    const plain = rawText('subscribers', row, [])
    expect(plain).not.toContain('Invented')
    expect(plain).not.toContain('Jalan')
    expect(readRawText('subscribers', plain, [])).not.toHaveProperty('name')
    const named = rawText('subscribers', row, ['name'])
    expect(named).toContain('Invented Person')
    expect(named).not.toContain('Jalan')
    expect(new RowEncoder(home, key).subscribers(row).line.trimEnd().split(',')).toHaveLength(3)
  })

  test('has one more field where something is sealed: the record, or nothing where nothing is known', async () => {
    const sealing = { telco: 'telco-a', fields: ['name', 'address'] as const, custodians }
    const encoder = new RowEncoder(home, key, { ...sealing, batch: await beginSealing(custodians) })
    const [, , , sealed = ''] = encoder.subscribers(row).line.trimEnd().split(',')
    expect(sealed).toHaveLength(sealedTextLength(1))
    expect(readSealedRecord(Buffer.from(sealed, 'base64url'))?.tokenEpoch).toBe(1)
    const { name, address, ...nameless } = row
    expect(encoder.subscribers(nameless).line.trimEnd().split(',')[3]).toBe('')
    const long = encoder.subscribers({ ...row, address: 'x'.repeat(400) })
    expect(long.fault).toEqual({ field: 'sealed', code: 'sealed-length' })
  })
})
