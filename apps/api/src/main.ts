import { startApi } from './boot.ts'
import { readConfig } from './config.ts'

const api = await startApi(readConfig(process.env))
process.send?.('ready')

let isStopping = false
async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  await api.stop()
  if (process.connected) process.disconnect()
}
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, stop)
