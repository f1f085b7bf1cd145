import { expect, test } from 'vitest'
import { openTroubles } from './trouble.ts'

test('a trouble that several can have is over when none of them has it any more', () => {
  const { disk } = openTroubles()
  const [list, hits] = [disk.part(), disk.part()]
  list.failed('ENOSPC')
  hits.succeeded()
  expect(disk.isOn).toBe(true)
  hits.failed('ENOSPC')
  list.succeeded()
  expect(disk.isOn).toBe(true)
  hits.succeeded()
  expect(disk.isOn).toBe(false)
  expect(disk.failures).toBe(2)
})
