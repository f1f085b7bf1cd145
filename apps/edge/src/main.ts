import { SdkError } from '@pcbs/sdk'
import { readEdgeConfig } from './config.ts'
import { startEdge } from './edge.ts'

const config = await readEdgeConfig(process.argv[2] ?? 'pcbs-edge.json').catch((error: unknown) => {
  if (!(error instanceof SdkError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(2)
})
const edge = await startEdge(config)
process.send?.('ready')

let isStopping = false
async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  await edge.stop()
  if (process.connected) process.disconnect()
}
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, stop)
