import { SdkError } from '@pcbs/sdk'
import { readEdgeConfig } from './config/edge-config.ts'
import { Edge } from './edge.ts'
import { logEvent } from './log.ts'

const path = process.argv[2] ?? 'pcbs-edge.json'
const config = await readEdgeConfig(path).catch((error: unknown) => {
  if (!(error instanceof SdkError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(2)
})
const edge = new Edge(config)

/** A shut-down ends in ten seconds: what does not end by itself until then is ended. */
const longestStopMs = 9500
/** What is left over when the edge has stopped, as a request that a silent server never answers, is not waited for. */
const leftoverMs = 250

let isStopping = false
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
  process.on(signal, async () => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(1), longestStopMs).unref()
    await edge.stop()
    if (process.connected) process.disconnect()
    setTimeout(() => process.exit(0), leftoverMs).unref()
  })

process.on('SIGHUP', async () => {
  try {
    await edge.reload(await readEdgeConfig(path))
  } catch (error) {
    // What it was told before stays in force.
    if (!(error instanceof SdkError)) throw error
    logEvent('reload_refused', { reason: error.message })
  }
})

try {
  await edge.start()
} catch (error) {
  // A port that is taken, a folder that cannot be written: the code says it, and no message that may hold more.
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
  process.stderr.write(`The edge cannot start: ${code}.\n`)
  process.exit(1)
}
if (!isStopping) process.send?.('ready')
