import { describe, expect, test } from 'vitest'
import { decideEnforcement, findProvingSequence } from './enforcement.ts'

describe('a telco', () => {
  test('enforces a block once every edge of it has acknowledged', () => {
    expect(decideEnforcement([{ atMs: 1200 }, { atMs: 1500 }], 1000)).toEqual({
      isEnforced: true,
      enforcedAtMs: 1500,
      tookMs: 500,
    })
    expect(decideEnforcement([{ atMs: 1200 }, { atMs: undefined }], 1000)).toEqual({ isEnforced: false })
  })

  test('without an edge enforces nothing', () => {
    expect(decideEnforcement([], 1000)).toEqual({ isEnforced: false })
  })

  test('that refused the phone before, for another case, took no time', () => {
    expect(decideEnforcement([{ atMs: 400 }], 1000)).toMatchObject({ isEnforced: true, tookMs: 0 })
  })
})

describe('what proves a case', () => {
  const listed = (sinceSeq: number) => ({ isListed: true, sinceSeq })
  const permitted = (sinceSeq: number | undefined) => ({ isListed: false, sinceSeq })

  test('is the sequence since which all of its phones are on the list', () => {
    expect(findProvingSequence([listed(7), listed(9)], true)).toBe(9)
  })

  test('is nothing where a later change took one of them off', () => {
    expect(findProvingSequence([listed(7), permitted(12)], true)).toBeUndefined()
    expect(findProvingSequence([permitted(undefined)], true)).toBeUndefined()
  })

  test('of a release is nothing while another case holds a phone', () => {
    expect(findProvingSequence([permitted(12), permitted(14)], false)).toBe(14)
    expect(findProvingSequence([permitted(12), listed(3)], false)).toBeUndefined()
  })

  test('of a case without phones is nothing', () => {
    expect(findProvingSequence([], true)).toBeUndefined()
  })
})
