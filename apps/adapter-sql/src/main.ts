import { parseArgs } from 'node:util'
import {
  type AdapterEvent,
  describeFailure,
  readConfiguration,
  runContinuously,
  runOnce,
  stopOnSignals,
} from '@pcbs/sdk'
import { adapter } from './adapter.ts'

const signal = stopOnSignals()
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { once: { type: 'boolean', default: false } },
})
const configuration = await readConfiguration(positionals[0] ?? 'pcbs-adapter.json')

/** How grave an event is, for whoever filters the lines. */
function levelOf(event: AdapterEvent): 'info' | 'warn' | 'error' {
  if (event.type === 'sync-failed') return 'error'
  if (event.type === 'recovered') return 'warn'
  if (event.type !== 'list') return 'info'
  return event.event.type === 'alarm' ? 'error' : event.event.type === 'away' ? 'warn' : 'info'
}

function tell(event: AdapterEvent): void {
  // That the list is still whole is said four times a minute.
  if (event.type === 'progress' || (event.type === 'list' && event.event.type === 'current')) return
  const summary =
    event.type === 'synced'
      ? {
          type: event.type,
          feeds: event.summaries.map(({ feed, elapsedMs }) => ({ ...feed, partsReceived: [], elapsedMs })),
        }
      : event
  const line = { time: new Date().toISOString(), level: levelOf(event), ...summary }
  process.stdout.write(`${JSON.stringify(line)}\n`)
  // Whoever started us waits for what becomes of the first sync.
  if (event.type === 'sync-failed') process.send?.(event.isHeld ? 'held' : 'sync-failed')
  if (event.type !== 'synced') return
  if (event.summaries.some(({ feed }) => feed.state === 'quarantined')) process.send?.('held')
  process.send?.('synced')
}

process.send?.('ready')
const options = { configuration, factory: adapter, onEvent: tell, signal }
if (values.once) await syncOnce()
else await runContinuously(options)
if (process.connected) process.disconnect()

/** A failure says only what is ours to say: a database's own message may hold a customer's values. */
async function syncOnce(): Promise<void> {
  try {
    tell({ type: 'synced', summaries: await runOnce(options) })
  } catch (error) {
    tell(describeFailure(error))
    process.exitCode = 1
  }
}
