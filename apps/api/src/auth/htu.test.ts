import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normaliseHtu } from './htu.ts'

const target = 'https://registry.example/v1/cases'

describe('what a proof is for', () => {
  test.each([
    'https://registry.example/v1/cases',
    'https://registry.example/v1/cases?state=blocked&after=1',
    'https://registry.example/v1/cases#top',
    'https://registry.example/v1/cases?a=%zz#b?c',
    'HTTPS://Registry.EXAMPLE/v1/cases',
    'https://registry.example:443/v1/cases',
    'https://registry.example:/v1/cases',
    'https://registry.example/v1/./cases',
    'https://registry.example/v1/feeds/../cases',
    'https://registry.example/v1/feeds/%2e%2E/cases',
    'https://registry.example/v1/c%61ses',
  ])('is compared without query and fragment, normalised: %s', (htu) => {
    expect(normaliseHtu(htu)).toBe(target)
  })

  test.each([
    'https://registry.example/v1/Cases',
    'https://registry.example/v1/cases/',
    'https://registry.example/v1//cases',
    'http://registry.example/v1/cases',
    'https://registry.example:8443/v1/cases',
    'https://other.example/v1/cases',
    'https://registry.example/v1%2Fcases',
    'https://registry.example@other.example/v1/cases',
    'https://other@registry.example/v1/cases',
    'https:registry.example/v1/cases',
    'https:///v1/cases',
    'https:\\\\registry.example\\v1\\cases',
    ' https://registry.example/v1/cases',
    '//registry.example/v1/cases',
    '/v1/cases',
    'ftp://registry.example/v1/cases',
    '',
  ])('is another where anything else differs: %s', (htu) => {
    expect(normaliseHtu(htu)).not.toBe(target)
  })

  test('an escape is the same in small letters and in capitals, and an empty path is the root', () => {
    expect(normaliseHtu('https://a.example/%c3%a9')).toBe(normaliseHtu('https://a.example/%C3%A9'))
    expect(normaliseHtu('https://a.example')).toBe(normaliseHtu('https://a.example/'))
  })

  test('never breaks, and normalised once is normalised', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string()),
        (text) => {
          const once = normaliseHtu(text)
          if (once !== undefined) expect(normaliseHtu(once)).toBe(once)
        },
      ),
    )
  })
})
