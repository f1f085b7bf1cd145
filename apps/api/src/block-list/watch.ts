import { setTimeout as delay } from 'node:timers/promises'
import { listenForList, type Store } from '@pcbs/store'
import type { Attendant } from '../workers/supervise.ts'

/** Lets requests wait for the list's next change. */
export interface ListWatch {
  /** Resolves when the list is past `seq`, the time is over, or the signal aborts. */
  waitPast(seq: number, timeoutMs: number, signal: AbortSignal): Promise<void>
  /** Whether nobody waits any more: the API is stopping. */
  readonly isClosed: boolean
  close(): void
}

/** Pause before a broken connection is made anew. */
const reconnectMs = 500

/**
 * Follows the list by PostgreSQL's NOTIFY, on one connection for all who wait. When the connection breaks
 * it is made anew and everybody looks again, so that no change is missed.
 */
export function watchList(store: Store, attendant: Attendant): ListWatch {
  const waiting = new Set<() => void>()
  const closing = new AbortController()
  let newestSeq = 0

  function wake(seq: number): void {
    newestSeq = Math.max(newestSeq, seq)
    for (const release of waiting) release()
    waiting.clear()
  }

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      const heard = (seq: number) => {
        attendant.worked()
        wake(seq)
      }
      await listenForList(store, heard, closing.signal).catch(attendant.failed)
      await delay(reconnectMs, undefined, { signal: closing.signal }).catch(() => {})
    }
  }

  void follow()

  return {
    async waitPast(seq, timeoutMs, signal) {
      if (newestSeq > seq || timeoutMs === 0) return
      const over = AbortSignal.any([signal, closing.signal, AbortSignal.timeout(timeoutMs)])
      if (over.aborted) return
      await new Promise<void>((resolve) => {
        const release = () => {
          over.removeEventListener('abort', release)
          waiting.delete(release)
          resolve()
        }
        over.addEventListener('abort', release)
        waiting.add(release)
      })
    },
    get isClosed() {
      return closing.signal.aborted
    },
    close: () => closing.abort(),
  }
}
