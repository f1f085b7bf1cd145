import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isHomeImsi, parseImsi } from './imsi.ts'
import { parseMsisdn } from './msisdn.ts'
import { parseMyKad, parsePassport } from './national-id.ts'

describe('MSISDN', () => {
  test.each([
    ['+60 12-345 6789', '60123456789'],
    ['0060123456789', '60123456789'],
    ['60123456789', '60123456789'],
    ['012-345 6789', '60123456789'],
    ['+6590001234', '6590001234'],
    ['2210011111111', '2210011111111'],
  ])('%s is one canonical number', (text, canonical) => {
    expect(parseMsisdn(text, 'MY')).toEqual({ ok: true, value: canonical })
  })

  test.each([
    ['', 'msisdn-missing'],
    ['60x23456789', 'msisdn-not-digits'],
    ['6012', 'msisdn-not-possible'],
    ['9912345678901234', 'msisdn-length'],
  ])('%s is refused', (text, failure) => {
    expect(parseMsisdn(text, 'MY')).toEqual({ ok: false, failure })
  })

  test('parsing a canonical number changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.stringMatching(/^[+0-9 -]{6,18}$/), (junk, near) => {
        for (const text of [junk, near]) {
          const once = parseMsisdn(text, 'MY')
          if (once.ok) expect(parseMsisdn(once.value, 'MY')).toEqual(once)
        }
      }),
    )
  })
})

describe('IMSI', () => {
  test('a SUPI and its bare digits are one SIM', () => {
    expect(parseImsi('imsi-502121234567890')).toEqual(parseImsi('502121234567890'))
  })

  test.each([
    ['', 'imsi-missing'],
    ['&*^&*^', 'imsi-not-digits'],
    ['50212', 'imsi-length'],
    ['333333333333333333', 'imsi-length'],
  ])('%s is refused', (text, failure) => {
    expect(parseImsi(text)).toEqual({ ok: false, failure })
  })

  test('the mobile country code tells a home SIM from a roamer', () => {
    const home = parseImsi('502121234567890')
    const roamer = parseImsi('525011234567890')
    expect(home.ok && isHomeImsi(home.value, ['502'])).toBe(true)
    expect(roamer.ok && isHomeImsi(roamer.value, ['502'])).toBe(false)
  })
})

describe('identity documents', () => {
  test('hyphens in a MyKad number do not matter', () => {
    expect(parseMyKad('900230-14-5678')).toEqual({ ok: false, failure: 'mykad-date' })
    expect(parseMyKad('000229-14-5678')).toEqual(parseMyKad('000229145678'))
  })

  test.each([
    ['', 'national-id-missing'],
    ['9002301456', 'mykad-format'],
    ['901301-14-5678', 'mykad-date'],
    ['900101-17-5678', 'mykad-place-of-birth'],
  ])('%s is refused', (text, failure) => {
    expect(parseMyKad(text)).toEqual({ ok: false, failure })
  })

  test('a passport is its number and its country', () => {
    expect(parsePassport('a 123-4567', 'idn')).toEqual({ ok: true, value: 'passport:IDN:A1234567' })
    expect(parsePassport('A1234567', 'Indonesia')).toEqual({ ok: false, failure: 'passport-country' })
    expect(parsePassport('A!', 'IDN')).toEqual({ ok: false, failure: 'passport-format' })
  })

  test('arbitrary text is a document or a refusal, never a crash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, country) => {
        parseMyKad(text)
        parsePassport(text, country)
      }),
    )
  })
})
