import { expect, test } from 'vitest'
import { decideReadiness } from './readiness.ts'

const well = {
  isStopping: false,
  isListening: true,
  listAgeSeconds: 5,
  readyListAgeSeconds: 0,
  hasKeys: true,
}

test('an edge with an old list or without keys is ready, and says what it lacks', () => {
  expect(decideReadiness(well)).toEqual({ unreadiness: undefined, weaknesses: [], listAgeSeconds: 5 })
  expect(decideReadiness({ ...well, listAgeSeconds: 86_400, hasKeys: false })).toEqual({
    unreadiness: undefined,
    weaknesses: ['list_old', 'keys_missing'],
    listAgeSeconds: 86_400,
  })
})

test('an edge is not ready without a list, while it leaves, and with a list older than the operator allows', () => {
  expect(decideReadiness({ ...well, isListening: false, listAgeSeconds: undefined }).unreadiness).toBe(
    'no_list',
  )
  expect(decideReadiness({ ...well, isStopping: true }).unreadiness).toBe('draining')
  const limited = { ...well, readyListAgeSeconds: 600 }
  expect(decideReadiness({ ...limited, listAgeSeconds: 599 }).unreadiness).toBeUndefined()
  expect(decideReadiness({ ...limited, listAgeSeconds: 601 }).unreadiness).toBe('list_too_old')
})
