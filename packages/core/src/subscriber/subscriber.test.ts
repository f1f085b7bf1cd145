import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import vectors from '../../vectors/canonical.json' with { type: 'json' }
import { isHomeImsi, parseImsi } from './imsi.ts'
import { findIssuer } from './issuer.ts'
import { parseMachineMsisdn, parseMsisdn, readWithLibrary } from './msisdn.ts'
import { parseDocument, parseMyKad, parsePassport } from './national-id.ts'

/** Texts that numbers are mistaken for: digits with every prefix, separator and mark that rows were seen with. */
const nearNumber = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[+0-9 ().-]{6,18}$/),
  fc.stringMatching(/^(?:\+|00|0)?[0-9]{6,15}$/),
  fc.stringMatching(/^(?:\+|00)?(?:60|65|62|1|44|39|54|86)0?[0-9]{6,11}(?:\.0)?$/),
)

describe('an MSISDN of a row', () => {
  test.each(vectors.msisdn.machine)(
    '$text is read as the vectors say',
    ({ text, canonical, isHome, code }) => {
      expect(parseMachineMsisdn(text, 'MY')).toEqual(
        canonical ? { ok: true, value: { msisdn: canonical, isHome } } : { ok: false, failure: code },
      )
    },
  )

  test('that was taken is taken from a person too, as the same number', () => {
    fc.assert(
      fc.property(nearNumber, (text) => {
        const strict = parseMachineMsisdn(text, 'MY')
        if (strict.ok) expect(parseMsisdn(text, 'MY')).toEqual({ ok: true, value: strict.value.msisdn })
      }),
      { numRuns: 5000 },
    )
  })

  test('has a canonical form that is read as itself', () => {
    fc.assert(
      fc.property(nearNumber, fc.constantFrom('MY', 'SG', 'US', 'IT', 'JP', 'GB'), (text, home) => {
        const once = parseMachineMsisdn(text, home)
        if (once.ok) expect(parseMachineMsisdn(once.value.msisdn, home)).toEqual(once)
      }),
      { numRuns: 5000 },
    )
  })

  test('keeps its digits: only +, 00 and the national 0 are ever rewritten', () => {
    fc.assert(
      fc.property(nearNumber, (text) => {
        const number = parseMachineMsisdn(text, 'MY')
        if (!number.ok) return
        const { msisdn } = number.value
        const field = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
        const spellings = [msisdn, `+${msisdn}`, `00${msisdn}`, msisdn.replace(/^60/, '0')]
        expect(spellings).toContain(field)
      }),
      { numRuns: 5000 },
    )
  })

  test('of the home country is recognised without the library as the library would', () => {
    const plain = fc.oneof(
      nearNumber,
      fc.stringMatching(/^60[0-9]{6,12}$/),
      fc.stringMatching(/^65[0-9]{6,10}$/),
    )
    fc.assert(
      fc.property(plain, fc.constantFrom('MY', 'SG', 'DE', 'GB', 'AR'), (text, home) => {
        const field = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
        expect(parseMachineMsisdn(text, home)).toEqual(readWithLibrary(field, home))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('an MSISDN that a person types', () => {
  test.each(vectors.msisdn.human)('$text is read as the vectors say', ({ text, canonical, code }) => {
    expect(parseMsisdn(text, 'MY')).toEqual(
      canonical ? { ok: true, value: canonical } : { ok: false, failure: code },
    )
  })

  test('has no digit but those that were typed, without prefixes and trunk zeros', () => {
    fc.assert(
      fc.property(nearNumber, (text) => {
        const number = parseMsisdn(text, 'MY')
        if (!number.ok) return
        expect(parseMsisdn(number.value, 'MY')).toEqual(number)
        const typed = text.replace(/[^0-9]/g, '')
        const withoutOneZero = [...typed].flatMap((digit, at) =>
          digit === '0' ? [typed.slice(0, at) + typed.slice(at + 1)] : [],
        )
        // In the national form the home country's code stands for the trunk 0.
        const expected = [number.value, number.value.replace(/^60/, '')]
        const kept = [typed, ...withoutOneZero]
        expect(kept.some((digits) => expected.some((value) => digits.endsWith(value)))).toBe(true)
      }),
      { numRuns: 5000 },
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
  test.each(vectors.documents)(
    '$nationalId $issuingCountry $nationality $documentType is read as the vectors say',
    (document) => {
      const { canonical, code, ...raw } = document
      expect(parseDocument(raw)).toEqual(
        canonical ? { ok: true, value: canonical } : { ok: false, failure: code },
      )
    },
  )

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

  test('a MyKad number is a MyKad whatever is said of its country, if that is Malaysia', () => {
    const serial = fc.stringMatching(/^[0-9]{4}$/)
    fc.assert(
      fc.property(serial, fc.constantFrom('MYS', 'MY', 'mys', 'my', ' MYS '), (last, country) => {
        const nationalId = `900101-14-${last}`
        const canonical = { ok: true, value: `mykad:90010114${last}` }
        expect(parseDocument({ nationalId, issuingCountry: country })).toEqual(canonical)
        expect(parseDocument({ nationalId, nationality: country })).toEqual(canonical)
        expect(parsePassport(nationalId, country)).toEqual(canonical)
      }),
    )
  })

  test.each([
    ['MYS', 'MYS'],
    ['my', 'MYS'],
    ['D', 'DEU'],
    ['D<<', 'DEU'],
    ['DEU', 'DEU'],
    ['GB', 'GBR'],
    ['GBD', 'GBD'],
    ['XOM', 'XOM'],
    ['RKS', 'RKS'],
    ['UNO', 'UNO'],
  ])('%s names the issuer %s', (text, issuer) => {
    expect(findIssuer(text)).toBe(issuer)
  })

  test.each(['', 'DD', 'GER', 'QQ', 'Malaysia', 'ＭＹ', 'M', '458', 'constructor'])(
    '%s names nobody',
    (text) => {
      expect(findIssuer(text)).toBeUndefined()
    },
  )

  test('arbitrary text is a document or a refusal, never a crash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, country) => {
        parseMyKad(text)
        parsePassport(text, country)
        parseDocument({ nationalId: text, documentType: country })
      }),
    )
  })
})
