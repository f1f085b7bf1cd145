/** A process that was asked to end is gone this long after, whatever holds it: whoever runs it waits for ten seconds. */
const endMs = 8000

/**
 * Makes SIGTERM, SIGINT and the end of whoever started this process into a signal for what runs in it, and sees to it that
 * the process ends. For the main file of a program that runs an adapter.
 */
export function stopOnSignals(): AbortSignal {
  const stopping = new AbortController()
  const stop = () => {
    if (stopping.signal.aborted) return
    stopping.abort()
    // A read of a telco's database, say, may never come back; what was sent is resumed at the next start.
    setTimeout(() => process.exit(1), endMs).unref()
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, stop)
  return stopping.signal
}
