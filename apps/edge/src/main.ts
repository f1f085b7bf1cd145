import { SdkError } from '@pcbs/sdk'
import { readEdgeConfig } from './config/edge-config.ts'
import { startEdge } from './edge.ts'
import { logEvent } from './log.ts'

const path = process.argv[2] ?? 'pcbs-edge.json'
const config = await readEdgeConfig(path).catch((error: unknown) => {
  if (!(error instanceof SdkError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(2)
})

let isStopping = false
const starting = startEdge(config)
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
  process.on(signal, async () => {
    if (isStopping) return
    isStopping = true
    await (await starting).stop()
    if (process.connected) process.disconnect()
  })

process.on('SIGHUP', async () => {
  const edge = await starting
  try {
    await edge.reload(await readEdgeConfig(path))
  } catch (error) {
    // What it was told before stays in force.
    if (!(error instanceof SdkError)) throw error
    logEvent('reload_refused', { reason: error.message })
  }
})

await starting
process.send?.('ready')
