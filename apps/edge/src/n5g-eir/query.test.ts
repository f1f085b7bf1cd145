import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRepeated, readParameter } from './query.ts'

test('a parameter is what URLSearchParams says it is, and there as often', () => {
  const name = fc.constantFrom('p%65i', '+pei', 'pei', 'supi', 'gpsi', 'supported-features', 'pe', 'peis')
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('imei-352099001761481', '', 'a=b', '%00', '%zz', 'a+b', '%E2%82%AC'),
  )
  const pair = fc.oneof(
    fc.tuple(name, value).map(([key, text]) => `${key}=${text.replaceAll('&', '')}`),
    name,
    fc.constant(''),
  )
  fc.assert(
    fc.property(fc.array(pair), name, (pairs, asked) => {
      const query = pairs.join('&').replaceAll('#', '')
      // A query that begins with a question mark is one of which URLSearchParams drops it.
      fc.pre(!query.startsWith('?'))
      const all = new URLSearchParams(query).getAll(asked)
      expect(readParameter(query, asked)).toBe(all[0])
      expect(isRepeated(query, asked)).toBe(all.length > 1)
    }),
  )
})
