import { describe, expect, test } from 'vitest'
import { approvalPeriodMs, findApprovalFault, findRangeFault } from './tac-range.ts'

describe('a range of models', () => {
  const listed = [{ from: '35209900', to: '35209909' }]

  test.each([
    ['35209910', '35209910', 'PROHIBITED', undefined],
    ['35209900', '35209909', 'TRACKING', undefined],
    ['35209900', '35209909', 'PERMITTED', undefined],
    ['35209905', '35209915', 'PROHIBITED', 'range-overlaps'],
    ['35209000', '35209950', 'PROHIBITED', 'range-overlaps'],
    ['35209910', '35209910', 'PERMITTED', 'range-unknown'],
    ['35209920', '35209910', 'PROHIBITED', 'range-reversed'],
    ['00000000', '99999999', 'PROHIBITED', 'range-too-wide'],
    ['40000000', '40000999', 'PROHIBITED', undefined],
    ['40000000', '40001000', 'PROHIBITED', 'range-too-wide'],
  ] as const)('from %s to %s as %s: %s', (from, to, status, fault) => {
    expect(findRangeFault({ from, to }, status, listed)).toBe(fault)
  })

  test('is approved by another officer, once, within its time', () => {
    const proposal = { proposedBy: 'officer:one', proposedAtMs: 1000, isApproved: false }
    expect(findApprovalFault(proposal, 'officer:two', 2000)).toBeUndefined()
    expect(findApprovalFault(proposal, 'officer:one', 2000)).toBe('own-proposal')
    expect(findApprovalFault({ ...proposal, isApproved: true }, 'officer:two', 2000)).toBe('approved-already')
    expect(findApprovalFault(proposal, 'officer:two', 1001 + approvalPeriodMs)).toBe('lapsed')
  })
})
