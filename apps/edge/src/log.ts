/** What an edge goes on without, while it fails: each has a metric, and its line in the log at growing intervals. */
export const troubles = {
  registry: 'registry_away',
  list: 'list_alarm',
  custodian: 'custodian_away',
  hits: 'hits_not_delivered',
  disk: 'disk_failing',
  nrf: 'nrf_away',
  webhook: 'webhook_away',
  worker: 'worker_crashed',
} as const

/** A key of {@link troubles}. */
export type TroubleName = keyof typeof troubles

/** What is told of something that fails: why, how often since it was last told, and for how long. */
interface TroubleFields {
  readonly reason: string
  readonly failures: number
  readonly seconds: number
}

/** Every event an edge logs, with the fields it may carry. A check leaves no trace here. */
type Events = {
  started: {
    readonly port: number
    readonly s13Port: number
    readonly workers: number
    readonly seq: number
    readonly phones: number
  }
  waiting_for_list: Record<string, never>
  list_applied: { readonly seq: number; readonly changes: number }
  list_replaced: { readonly seq: number; readonly snapshotSeq: number }
  key_arrived: { readonly epoch: number; readonly source: 'custodian' | 'disk' }
  trouble_over: { readonly trouble: TroubleName; readonly seconds: number }
  nrf_registered: Record<string, never>
  nrf_deregistered: Record<string, never>
  phones_detached: { readonly count: number }
  reloaded: { readonly needsRestart: readonly string[] }
  reload_refused: { readonly reason: string }
  stopping: Record<string, never>
  stopped: Record<string, never>
} & { readonly [Name in (typeof troubles)[TroubleName]]: TroubleFields }

/** Events that somebody must see to; all others are of level info. */
const errors: ReadonlySet<string> = new Set([...Object.values(troubles), 'reload_refused'])

/** Writes one event to standard output, a JSON object per line. */
export function logEvent<Name extends keyof Events>(event: Name, fields: Events[Name]): void {
  const level = errors.has(event) ? 'error' : 'info'
  const line = { time: new Date().toISOString(), level, event, ...fields }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
