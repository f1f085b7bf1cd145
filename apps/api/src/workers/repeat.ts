import { setTimeout as delay } from 'node:timers/promises'

/** Does something again and again, never twice at once, until the signal aborts. */
export async function repeat(
  intervalMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await delay(intervalMs, undefined, { signal }).catch(() => {})
    if (!signal.aborted) await work()
  }
}
