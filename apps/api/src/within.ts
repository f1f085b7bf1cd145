import { setTimeout as delay } from 'node:timers/promises'

/**
 * What a work gives, if it does so in time; who asks whether something works must not wait until it does.
 * @throws {Error} once the time is over; the work goes on, and what becomes of it is nobody's concern any more
 */
export async function within<Value>(timeoutMs: number, work: Promise<Value>): Promise<Value> {
  const over = new AbortController()
  const late = delay(timeoutMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
  }
}
