import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import vectors from '../../vectors/imei.json' with { type: 'json' }
import { parseFeedImei } from './feed-imei.ts'
import { formatImei15, parseHumanImei, parseNetworkImei } from './imei.ts'
import { findUnblockable, mayBeUnblockable, unblockableImeis } from './unblockable.ts'

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))

function parsed(text: string) {
  const result = parseNetworkImei(text)
  if (!result.ok) throw new Error(`not an IMEI: ${result.failure}`)
  return result.value
}

describe('what a person types', () => {
  test.each(vectors.human)('$text is read as the vectors say', ({ text, identity, code }) => {
    const result = parseHumanImei(text)
    expect(result).toEqual(identity ? { ok: true, value: identity } : { ok: false, failure: code })
  })

  test('any one mistyped digit is noticed', () => {
    fc.assert(
      fc.property(digits(14), fc.nat(14), fc.integer({ min: 1, max: 9 }), (identity, at, shift) => {
        const imei = formatImei15(parsed(identity))
        const wrong = (Number(imei[at]) + shift) % 10
        const result = parseHumanImei(imei.slice(0, at) + wrong + imei.slice(at + 1))
        expect(result).toEqual({ ok: false, failure: 'imei-check-digit' })
      }),
    )
  })
})

test('what a phone shows is its IMEI, with its software version or without, and one wrong digit is noticed in both', () => {
  fc.assert(
    fc.property(digits(14), digits(2), fc.nat(14), (identity, version, at) => {
      const imei = formatImei15(parsed(identity))
      for (const shown of [
        `${imei}/${version}`,
        `IMEI: ${imei} / ${version}`,
        `\u202a${imei}\u202c/${version}`,
      ])
        expect(parseHumanImei(shown)).toEqual({ ok: true, value: identity })
      const wrong = (Number(imei[at]) + 1) % 10
      expect(parseHumanImei(`${imei.slice(0, at)}${wrong}${imei.slice(at + 1)}/${version}`).ok).toBe(false)
    }),
  )
})

describe('what a telco’s row holds', () => {
  test.each(vectors.feed)('$text is read as the vectors say', ({ text, identity, mayLackZero, code }) => {
    const result = parseFeedImei(text)
    expect(result).toEqual(
      identity ? { ok: true, value: { imei: identity, mayLackZero } } : { ok: false, failure: code },
    )
  })

  test('an IMEI whose leading zero was lost is never taken for another phone', () => {
    fc.assert(
      fc.property(digits(12), fc.constantFrom('', '0', '23'), (rest, end) => {
        const whole = `01${rest}${end || formatImei15(parsed(`01${rest}`)).slice(-1)}`
        const result = parseFeedImei(whole.slice(1))
        // What is left may be a placeholder, which is evidence of nothing.
        if (result.ok) expect(findUnblockable(result.value.imei)).toBeDefined()
        else expect(result.failure).toBe('imei-zero-lost')
      }),
    )
  })

  test('an IMEI that begins with any other zero-lost digits is one that may lack its zero', () => {
    fc.assert(
      fc.property(fc.constantFrom('02', '03', '04', '05', '08', '09'), digits(12), (start, rest) => {
        const shown = formatImei15(parsed(start + rest)).slice(1)
        expect(parseFeedImei(shown)).toMatchObject({ ok: true, value: { mayLackZero: true } })
      }),
    )
  })
})

describe('what a network sends', () => {
  test.each(vectors.network)('$text is read as the vectors say', ({ text, identity, code }) => {
    const result = parseNetworkImei(text)
    expect(result).toEqual(identity ? { ok: true, value: identity } : { ok: false, failure: code })
  })

  test('a block keyed on an IMEISV still bites after a software update', () => {
    fc.assert(
      fc.property(digits(14), digits(2), digits(2), (identity, before, after) => {
        expect(parseNetworkImei(identity + before)).toEqual(parseNetworkImei(`imeisv-${identity}${after}`))
      }),
    )
  })

  test('every spelling of one phone is the same phone', () => {
    fc.assert(
      fc.property(digits(14), digits(2), (identity, version) => {
        const spellings = [identity, `${identity}0`, formatImei15(parsed(identity)), identity + version]
        for (const spelling of spellings) expect(parsed(spelling)).toBe(identity)
      }),
    )
  })

  test('arbitrary text is an IMEI or a refusal, never a crash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const result = parseNetworkImei(text)
        if (result.ok) expect(result.value).toMatch(/^[0-9]{14}$/)
      }),
    )
  })
})

test.each(vectors.checkDigits)('$identity is printed as $imei', ({ identity, imei }) => {
  expect(formatImei15(parsed(identity))).toBe(imei)
})

test.each(vectors.unblockable)('$identity: unblockable as $code', ({ identity, code }) => {
  expect(findUnblockable(parsed(identity))?.code ?? null).toBe(code)
})

test('every unblockable value names where it is known from', () => {
  for (const { reason, source } of unblockableImeis) {
    expect(reason.length).toBeGreaterThan(10)
    expect(source.length).toBeGreaterThan(10)
  }
})

test('the quick look at TAC and serial lets through whatever is unblockable', () => {
  const listed = vectors.unblockable.map(({ identity }) => identity)
  const pair = digits(2).map((two) => two.repeat(7))
  const any = fc.oneof(
    digits(14),
    pair,
    digits(8).map((tac) => `${tac}000000`),
    fc.constantFrom(...listed),
  )
  fc.assert(
    fc.property(any, (identity) => {
      const isLetThrough = mayBeUnblockable(Number(identity.slice(0, 8)), Number(identity.slice(8)))
      if (findUnblockable(parsed(identity))) expect(isLetThrough).toBe(true)
    }),
  )
  expect(mayBeUnblockable(35209900, 176148)).toBe(false)
})
