import { startApi } from './boot.ts'
import { readConfig } from './config.ts'
import { createLog, safeFault } from './log.ts'

const config = readConfig(process.env)
// Node itself would print the error's message, which may hold values.
process.on('uncaughtException', (error) => {
  createLog(config.logLevel)('crashed', safeFault(error))
  process.exit(1)
})
const api = await startApi(config)
process.send?.('ready')

let isStopping = false
async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  await api.stop()
  if (process.connected) process.disconnect()
}
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, stop)
