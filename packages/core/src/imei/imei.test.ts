import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import vectors from '../../vectors/imei.json' with { type: 'json' }
import { formatImei15, parseHumanImei, parseNetworkImei } from './imei.ts'
import { findUnblockable } from './unblockable.ts'

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
