import { parseDocument } from '@pcbs/core'
import { isCanonicalDocument } from '@pcbs/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RowEncoder } from '../encoding/row-encoder.ts'
import { identifyClaimant } from './claimant.ts'

const home = { country: 'MY', mccs: ['502'] } as const
const key = { epoch: 1, key: Buffer.alloc(32, 1) }

test('a claimant who shows the document that was fed for them is its owner, however either was typed', () => {
  const fed = [
    { msisdn: '60123456789', nationalId: '900101145678', issuingCountry: 'MYS' },
    { msisdn: '0123456789', nationalId: '900101-14-5678' },
    { msisdn: '60123456789', nationalId: '900101145678', nationality: 'MY' },
  ]
  const shown = [
    { msisdn: '012-345 6789', nationalId: '900101 14 5678' },
    { msisdn: '+60 (0)12-345 6789', nationalId: '900101\u201114\u20115678', issuingCountry: 'mys' },
    { msisdn: '\u202a60123456789\u202c', nationalId: '\ufeff900101145678', documentType: 'MyKad' },
  ]
  const lines = fed.map((row) => new RowEncoder(home, key).subscribers({ ...row, isActive: true }).line)
  const claimants = shown.map((claim) => identifyClaimant(key, home, claim))
  for (const line of lines)
    for (const claimant of claimants) {
      expect(claimant.ok).toBe(true)
      if (claimant.ok) expect(line).toBe(`+,${claimant.value.subscription},${claimant.value.ownerTag}H\n`)
    }
})

test('every document that core reads is one that the custodian’s claim check takes', () => {
  const number = fc.oneof(
    fc.constantFrom(
      '900101145678',
      '201901000005 (1312525-A)',
      '1312525-A',
      'LLP0012345-LGN',
      'T1234567',
      'RF123456',
    ),
    fc.stringMatching(/^[A-Z]{0,4}[0-9]{4,12}(?:-[A-Z]{1,3})?$/),
  )
  const type = fc.constantFrom('', 'mykad', 'passport', 'army', 'police', 'company')
  fc.assert(
    fc.property(
      number,
      type,
      fc.constantFrom('', 'MYS', 'IDN', 'D', 'XXA'),
      (nationalId, documentType, issuingCountry) => {
        const document = parseDocument({ nationalId, documentType, issuingCountry })
        if (document.ok) expect(isCanonicalDocument(document.value)).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
})

test.each([
  '',
  'mykad:90010114567',
  'passport:D:C01X00T47',
  'passport:IDN:',
  'army:',
  'company:',
  'mykad:900101145678\n',
])('%s is no canonical document', (text) => {
  expect(isCanonicalDocument(text)).toBe(false)
})
