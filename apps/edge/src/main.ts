import { readEdgeConfig } from './config.ts'
import { startEdge } from './edge.ts'

const edge = await startEdge(await readEdgeConfig(process.argv[2] ?? 'pcbs-edge.json'))
process.send?.('ready')

let isStopping = false
async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  await edge.stop()
  if (process.connected) process.disconnect()
}
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, stop)
