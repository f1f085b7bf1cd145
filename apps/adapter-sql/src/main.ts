import { parseArgs } from 'node:util'
import { type AdapterEvent, readConfiguration, runContinuously, runOnce, SdkError } from '@pcbs/sdk'
import { adapter } from './adapter.ts'

const stopping = new AbortController()
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { once: { type: 'boolean', default: false } },
})
const configuration = await readConfiguration(positionals[0] ?? 'pcbs-adapter.json')

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
  // Whoever started us waits for the first whole sync.
  if (event.type === 'synced') process.send?.('synced')
}

for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
  process.once(signal, () => stopping.abort())
process.send?.('ready')
const options = { configuration, factory: adapter, onEvent: tell, signal: stopping.signal }
if (values.once) await syncOnce()
else await runContinuously(options)
if (process.connected) process.disconnect()

/** A failure says only what is ours to say: a database's own message may hold a customer's values. */
async function syncOnce(): Promise<void> {
  try {
    tell({ type: 'synced', summaries: await runOnce(options) })
  } catch (error) {
    tell({ type: 'sync-failed', reason: error instanceof SdkError ? error.message : 'The sync failed.' })
    process.exitCode = 1
  }
}
