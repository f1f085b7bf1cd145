const tickMs = 20

/** Tells whether a thread keeps up with its work. */
export interface Overload {
  readonly isOver: boolean
  stop(): void
}

/**
 * Watches how late the thread comes to a timer: as late are the checks that wait in it. It is overloaded from a tick that
 * came too late until one that came in time.
 * @param limitMs read anew at every tick
 */
export function watchOverload(limitMs: () => number): Overload {
  let isOver = limitMs() === 0
  let expectedMs = performance.now() + tickMs
  const timer = setInterval(() => {
    const nowMs = performance.now()
    isOver = Math.max(0, nowMs - expectedMs) >= limitMs()
    expectedMs = nowMs + tickMs
  }, tickMs)
  timer.unref()
  return {
    get isOver() {
      return isOver
    },
    stop: () => clearInterval(timer),
  }
}
