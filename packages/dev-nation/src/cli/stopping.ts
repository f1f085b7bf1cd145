/** The process is gone this long after it was asked to end, whatever holds it. */
const endMs = 9800

/**
 * Makes Ctrl-C and its like into a signal for everything that runs here; the process ends within ten seconds of it.
 * @param tell told at once that it was heard
 */
export function stopOnSignals(tell: (text: string) => void): AbortSignal {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (stopping.signal.aborted) return
      tell('Stopping …')
      stopping.abort()
      setTimeout(() => process.exit(1), endMs).unref()
    })
  return stopping.signal
}

/** Resolves with nothing once the signal aborts. */
export function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
