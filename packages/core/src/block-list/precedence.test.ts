import { expect, test } from 'vitest'
import { decideVerdict } from './precedence.ts'

test.each([
  [{ isPairAllowed: true, exact: 'PROHIBITED', tacRange: 'PROHIBITED' }, 'PERMITTED', 'pair'],
  [{ isPairAllowed: false, exact: 'PROHIBITED', tacRange: 'PERMITTED' }, 'PROHIBITED', 'exact'],
  [{ isPairAllowed: false, exact: 'PERMITTED', tacRange: 'PROHIBITED' }, 'PERMITTED', 'exact'],
  [{ isPairAllowed: false, exact: undefined, tacRange: 'TRACKING' }, 'TRACKING', 'tac_range'],
  [{ isPairAllowed: false, exact: undefined, tacRange: undefined }, 'PERMITTED', 'default'],
] as const)('the most specific rule wins: %o is %s by %s', (findings, status, rule) => {
  expect(decideVerdict(findings)).toEqual({ status, rule })
})
