/**
 * Gives a work up once the signal aborts. What it waits for may know nothing of signals, such as a telco's own database that
 * does not answer; what becomes of it then is nobody's concern any more.
 * @throws the signal's reason once it aborts
 */
export async function unlessAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
