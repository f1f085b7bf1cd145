import { expect, test } from 'vitest'
import { sealingEpochsOf } from './policies.ts'

test('a feed of a policy that was not read yet waits, and loses no row', () => {
  expect(() => sealingEpochsOf({ policies: [] }, 2)).toThrow(
    expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('2') }),
  )
})
