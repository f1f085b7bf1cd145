import { expect, test } from 'vitest'
import { watchOverload } from './overload.ts'

function blockFor(ms: number): void {
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; );
}

test('a verdict of overload ends with the load, whether or not anybody asks', async () => {
  let timers = 0
  const verdicts: boolean[] = []
  const overload = watchOverload(() => {
    timers += 1
    return 50
  })
  verdicts.push(overload.isOver)
  blockFor(150)
  // One timer came too late and one in time; nobody asks meanwhile. The first count is of the start.
  await expect.poll(() => timers, { interval: 1 }).toBe(3)
  verdicts.push(overload.isOver)
  expect(verdicts).toEqual([false, false])
  overload.stop()
})

test('a thread that is late is overloaded until it comes in time', async () => {
  const overload = watchOverload(() => 50)
  expect(overload.isOver).toBe(false)
  // The verdict falls in the turn of the event loop behind the load.
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(overload.isOver), 21))
  blockFor(150)
  expect(await late).toBe(true)
  await expect.poll(() => overload.isOver, { interval: 1 }).toBe(false)
  overload.stop()
})

test('a limit of nothing is always overload', () => {
  const overload = watchOverload(() => 0)
  expect(overload.isOver).toBe(true)
  overload.stop()
})
