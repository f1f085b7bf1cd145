import { expect, test } from 'vitest'
import { Intake } from './intake.ts'

test('so many parts are let in, per telco and in all, and room is given back when one ends or fails', async () => {
  const intake = new Intake()
  const ends: (() => void)[] = []
  const work = () => new Promise<void>((resolve) => ends.push(resolve))
  const running = [1, 2].flatMap((telco) => Array.from({ length: 6 }, () => intake.admit(telco, work)))
  await expect(intake.admit(1, work)).rejects.toMatchObject({ code: 'rate-limited', retryAfterSeconds: 1 })
  await expect(intake.admit(3, work)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 })
  for (const end of ends) end()
  await Promise.all(running)
  await expect(intake.admit(1, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  for (let count = 0; count < 10; count++) await intake.admit(1, async () => {})
})
