import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDay } from './day.ts'
import { type HomeNetwork, parsePairing, parseSubscriber } from './operator-rows.ts'
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
        imsi: '502121234567890',
        msisdn: '60123456789',
        isHomeImsi: true,
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
    failure: { field: 'nationalId', code: 'mykad-format' },
  })
})

test('29 February exists in leap years alone', () => {
  expect(parseDay('20240229').ok).toBe(true)
  expect(parseDay('20230229').ok).toBe(false)
  expect(parseDay('19000229').ok).toBe(false)
})
