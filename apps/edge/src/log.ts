/** Every event an edge logs, with the fields it may carry. A check leaves no trace here. */
interface Events {
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
  list_alarm: { readonly reason: string }
  registry_away: { readonly reason: string }
  key_missing: Record<string, never>
  key_arrived: { readonly epoch: number }
  hits_not_saved: { readonly waiting: number }
  nrf_registered: Record<string, never>
  nrf_away: Record<string, never>
  nrf_refused: Record<string, never>
  nrf_deregistered: Record<string, never>
  phones_detached: { readonly count: number }
  worker_crashed: { readonly errorName: string }
  reloaded: { readonly needsRestart: readonly string[] }
  reload_refused: { readonly reason: string }
  stopping: Record<string, never>
  stopped: Record<string, never>
}

/** Writes one event to standard output, a JSON object per line. */
export function logEvent<Name extends keyof Events>(event: Name, fields: Events[Name]): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`)
}
