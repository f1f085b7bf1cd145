import { expect, test } from 'vitest'
import { Shutdown } from './shutdown.ts'

test('programs are stopped at once, the database when they are, and the lock is given free last', async () => {
  const shutdown = new Shutdown()
  const told: string[] = []
  const slow = Promise.withResolvers<void>()
  shutdown.last(async () => void told.push('lock'))
  shutdown.second(async () => void told.push('database'))
  shutdown.first(async () => {
    told.push('one asked')
    await slow.promise
    told.push('one gone')
  })
  shutdown.first(async () => {
    told.push('other gone')
    slow.resolve()
  })
  await shutdown.run()
  expect(told).toEqual(['one asked', 'other gone', 'one gone', 'database', 'lock'])
})

test('what fails to stop keeps nothing else running, and what comes too late is stopped at once', async () => {
  const shutdown = new Shutdown()
  const told: string[] = []
  shutdown.first(() => Promise.reject(new Error('it is gone already')))
  shutdown.second(async () => void told.push('database'))
  await shutdown.run()
  shutdown.first(async () => void told.push('late'))
  await shutdown.run()
  expect(told).toEqual(['database', 'late'])
})
