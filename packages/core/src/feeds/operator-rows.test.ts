import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDay } from './day.ts'
import { type HomeNetwork, parseClaim, parsePairing, parseSubscriber } from './operator-rows.ts'
import { rejectRemedies } from './rejects.ts'

const home: HomeNetwork = { country: 'MY', mccs: ['502'] }
const use = {
  imei: '352099001761480',
  imsi: '502121234567890',
  msisdn: '0123456789',
  firstSeen: '20261101',
  lastSeen: '2026-11-24',
  rat: '104|006',
}

describe('a use of a phone', () => {
  test('is parsed to its canonical form', () => {
    expect(parsePairing(use, home)).toEqual({
      ok: true,
      value: {
        imei: '35209900176148',
        mayLackZero: false,
        imsi: '502121234567890',
        msisdn: '60123456789',
        isHomeImsi: true,
        isHomeMsisdn: true,
        firstSeen: '2026-11-01',
        lastSeen: '2026-11-24',
        rat: '104|006',
      },
    })
  })

  test.each([
    [{ imei: '' }, 'imei', 'imei-missing'],
    [{ imei: '36888888888888ff' }, 'imei', 'imei-not-digits'],
    [{ imsi: '333333333333333333' }, 'imsi', 'imsi-length'],
    [{ msisdn: '' }, 'msisdn', 'msisdn-missing'],
    [{ firstSeen: '2016070' }, 'firstSeen', 'day-format'],
    [{ firstSeen: '20260230' }, 'firstSeen', 'day-format'],
    [{ lastSeen: '20261031' }, 'lastSeen', 'day-order'],
    [{ rat: '4G' }, 'rat', 'rat-format'],
    [{ imei: '11322226982806' }, 'imei', 'imei-zero-lost'],
    [{ imei: '352099001761481.0' }, 'imei', 'imei-not-digits'],
    [{ imsi: '502121234567890.0' }, 'imsi', 'imsi-not-digits'],
    [{ imsi: '5.02121E+14' }, 'imsi', 'imsi-not-digits'],
    [{ imsi: '50212 1234567890' }, 'imsi', 'imsi-not-digits'],
    [{ imsi: '\uFEFF502121234567890' }, 'imsi', 'imsi-not-digits'],
    [{ imsi: '502121234567890\u200B' }, 'imsi', 'imsi-not-digits'],
    [{ imsi: '502121234567890\0' }, 'imsi', 'imsi-not-digits'],
    [{ imsi: '٥٠٢١٢١٢٣٤٥٦٧٨٩٠' }, 'imsi', 'imsi-not-digits'],
    [{ msisdn: '60123456789.0' }, 'msisdn', 'msisdn-not-digits'],
    [{ msisdn: '012-345 6789' }, 'msisdn', 'msisdn-not-digits'],
    [{ firstSeen: '20261101.0' }, 'firstSeen', 'day-format'],
    [{ firstSeen: '2026-11-01\u00A0' }, 'firstSeen', 'day-format'],
    [{ lastSeen: '٢٠٢٦١١٢٤' }, 'lastSeen', 'day-format'],
    [{ rat: '001.0' }, 'rat', 'rat-format'],
    [{ rat: '001|006\u200B' }, 'rat', 'rat-format'],
  ])('with %o is rejected at %s', (change, field, code) => {
    expect(parsePairing({ ...use, ...change }, home)).toEqual({ ok: false, failure: { field, code } })
  })

  test('whatever text a dump holds, each row is accepted or rejected with a known code', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(
        fc.record({ imei: text, imsi: text, msisdn: text, firstSeen: text, lastSeen: text, rat: text }),
        (raw) => {
          const result = parsePairing(raw, home)
          if (!result.ok) expect(rejectRemedies).toHaveProperty(result.failure.code)
        },
      ),
    )
  })
})

test('a subscription needs a number and its holder’s document', () => {
  const raw = { msisdn: '0123456789', nationalId: '900101-14-5678', isActive: true }
  expect(parseSubscriber(raw, home)).toMatchObject({
    ok: true,
    value: { msisdn: '60123456789', nationalId: 'mykad:900101145678' },
  })
  expect(parseSubscriber({ ...raw, nationalId: 'A1234567', issuingCountry: 'IDN' }, home).ok).toBe(true)
  expect(parseSubscriber({ ...raw, nationalId: 'A1234567' }, home)).toMatchObject({
    failure: { field: 'nationalId', code: 'passport-country' },
  })
})

describe('what a claimant shows', () => {
  test('is cleared of separators and invisible marks, which a row is not', () => {
    const shown = {
      msisdn: '\u202A012\u2011345\u00A06789\u202C',
      nationalId: '\uFEFF900101\u201114\u20115678\u200B',
    }
    expect(parseClaim(shown, home)).toEqual({
      ok: true,
      value: { msisdn: '60123456789', nationalId: 'mykad:900101145678' },
    })
    expect(parseSubscriber({ ...shown, isActive: true }, home).ok).toBe(false)
  })

  test('is the number and document that the row was fed with, wherever the row is taken', () => {
    const digits = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })
    const msisdn = fc.oneof(
      digits(8).map((rest) => `601${rest}`),
      fc.stringMatching(/^[+0]?[0-9]{6,14}$/),
      fc.string({ unit: 'binary' }),
    )
    const nationalId = fc.oneof(
      digits(4).map((serial) => `900101-14-${serial}`),
      digits(6).map((rest) => `20190${1}${rest}`),
      fc.stringMatching(/^[A-Z]{0,2}[0-9]{4,9}(?:-[A-Z])?$/),
      fc.string({ unit: 'binary' }),
    )
    const country = fc.constantFrom('', 'MYS', 'MY', 'IDN', 'D', 'DEU', 'Malaysia', '\u200B')
    const documentType = fc.constantFrom(
      '',
      'mykad',
      'MyPR',
      'passport',
      'army',
      'police',
      'company',
      'other',
    )
    fc.assert(
      fc.property(msisdn, nationalId, country, documentType, (number, document, issuingCountry, type) => {
        const raw = {
          msisdn: number,
          nationalId: document,
          issuingCountry,
          documentType: type,
          isActive: true,
        }
        const fed = parseSubscriber(raw, home)
        if (!fed.ok) return
        const { msisdn, nationalId } = fed.value
        expect(parseClaim(raw, home)).toEqual({ ok: true, value: { msisdn, nationalId } })
      }),
      { numRuns: 2000 },
    )
  })
})

test('29 February exists in leap years alone', () => {
  expect(parseDay('20240229').ok).toBe(true)
  expect(parseDay('20230229').ok).toBe(false)
  expect(parseDay('19000229').ok).toBe(false)
})
