const tickMs = 20

/** Tells whether a thread keeps up with its work. */
export interface Overload {
  /** Asked at every check; while nobody asks and all is well, nothing is watched. */
  readonly isOver: boolean
  stop(): void
}

/**
 * Watches how late the thread comes to a timer: as late are the checks that wait in it. It is overloaded from a timer that
 * came too late until one that came in time.
 * @param limitMs read anew at every timer
 */
export function watchOverload(limitMs: () => number): Overload {
  let isOver = limitMs() === 0
  let timer: NodeJS.Timeout | undefined

  function watch(): void {
    const dueMs = performance.now() + tickMs
    timer = setTimeout(() => {
      timer = undefined
      isOver = Math.max(0, performance.now() - dueMs) >= limitMs()
      // Nobody need ask for the verdict to end with the load.
      if (isOver) watch()
    }, tickMs)
    timer.unref()
  }

  return {
    get isOver() {
      if (!timer) watch()
      return isOver
    },
    stop: () => clearTimeout(timer),
  }
}
