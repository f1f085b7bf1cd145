import { type AdapterEvent, readConfiguration, runContinuously } from '@pcbs/sdk'
import { adapter } from './adapter.ts'

const stopping = new AbortController()
const configuration = await readConfiguration(process.argv[2] ?? 'pcbs-adapter.json')

/** Whoever started us may ask for a sync now, by sending `sync`. */
function nextDemand(): Promise<void> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (message !== 'sync') return
      process.off('message', listen)
      resolve()
    }
    process.on('message', listen)
  })
}

function tell(event: AdapterEvent): void {
  if (event.type === 'progress') return
  const summary =
    event.type === 'synced'
      ? {
          type: event.type,
          feeds: event.summaries.map(({ feed, elapsedMs }) => ({ ...feed, partsReceived: [], elapsedMs })),
        }
      : event
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...summary })}\n`)
  process.send?.(summary)
}

for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
  process.once(signal, () => stopping.abort())
process.send?.('ready')
await runContinuously({ configuration, factory: adapter, onEvent: tell, signal: stopping.signal, nextDemand })
if (process.connected) process.disconnect()
