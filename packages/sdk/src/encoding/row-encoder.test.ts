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

test('a row whose first value looks like a reject’s is a row: none of its values goes out as a field or a code', () => {
  const pairing = { imei: '!', imsi: '502121234567890', msisdn: '60123456789', firstSeen: '', lastSeen: '' }
  const subscriber = { ...row, msisdn: '!', documentType: 'mykad' }
  for (const [kind, each] of [
    ['pairings', pairing],
    ['subscribers', subscriber],
  ] as const) {
    const read = readRawText(kind, rawText(kind, each, []), [])
    expect(read).not.toHaveProperty('fault')
    const { line } = new RowEncoder(home, key).encode(kind, read)
    for (const value of ['502121234567890', '60123456789', '900101']) expect(line).not.toContain(value)
  }
  const unreadable = { fault: { field: 'date', code: 'day-format' } } as const
  expect(readRawText('pairings', rawText('pairings', unreadable, []), [])).toEqual(unreadable)
})

test('a value that a source does not have is missing, not the word undefined or null', () => {
  const pairing = { imei: null, imsi: undefined } as never
  expect(readRawText('pairings', rawText('pairings', pairing, []), [])).toMatchObject({
    imei: '',
    imsi: '',
    msisdn: '',
  })
})

test('a row’s line says what its tokens do not tell: a foreign SIM, a foreign number, a zero that may be lost', () => {
  const day = '2026-11-24'
  const findings = (imei: string, imsi: string, msisdn: string) =>
    new RowEncoder(home, key)
      .pairings({ imei, imsi, msisdn, firstSeen: day, lastSeen: day })
      .line.split(',')[6]
  expect(findings('352099001761480', '502121234567890', '60123456789')).toBe('HH')
  expect(findings('352099001761480', '502121234567890', '6281234567890')).toBe('HF')
  expect(findings('352099001761480', '510101234567890', '0123456789')).toBe('FH')
  // 035000000000009 passes Luhn.
  expect(findings('35000000000009', '510101234567890', '6281234567890')).toBe('FFZ')
  const foreign = new RowEncoder(home, key).subscribers({ ...row, msisdn: '6281234567890' })
  expect(foreign.line).toMatch(/^\+,[\w-]{24},\d{1,4}F\n$/)
})

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
