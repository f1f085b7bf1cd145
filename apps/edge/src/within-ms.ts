import { setTimeout as delay } from 'node:timers/promises'

/** Waits for work to settle, whichever way, and no longer than so many milliseconds. */
export async function withinMs(work: Promise<unknown> | undefined, ms: number): Promise<void> {
  const settled = new AbortController()
  const late = delay(ms, undefined, { signal: settled.signal }).catch(() => {})
  await Promise.race([work?.catch(() => {}), late])
  settled.abort()
}
