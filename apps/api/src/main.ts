import { once } from 'node:events'
import { startApi } from './boot.ts'
import { readConfig } from './config.ts'
import { createLog, safeFault } from './log.ts'

/** The process is gone this long after it was asked to end, whatever holds it: whoever runs it waits for ten seconds. */
const endMs = 8000

const config = readConfig(process.env)
const log = createLog(config.logLevel)
// Node itself would print the error's message, which may hold values.
process.on('uncaughtException', (error) => {
  log('crashed', safeFault(error))
  process.exit(1)
})

const stopping = new AbortController()
function askToStop(): void {
  if (stopping.signal.aborted) return
  stopping.abort()
  setTimeout(() => {
    log('cut_off', { what: 'process' })
    process.exit(1)
  }, endMs).unref()
}
// Whoever started us may be gone while we still wait for the database: that counts from the first moment on.
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, askToStop)

try {
  const api = await startApi(config, stopping.signal)
  process.send?.('ready')
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
  await api.stop()
} catch (error) {
  // What the end of a start breaks off is no crash, and a question to a custodian need not be answered any more.
  if (!stopping.signal.aborted) throw error
  process.exit(0)
}
if (process.connected) process.disconnect()
