/** Every event an edge logs, with the fields it may carry. A check leaves no trace here. */
interface Events {
  started: { readonly port: number; readonly s13Port: number; readonly seq: number; readonly entries: number }
  list_applied: { readonly seq: number; readonly changes: number }
  list_alarm: { readonly reason: string }
  registry_away: { readonly reason: string }
  key_missing: Record<string, never>
  key_arrived: { readonly epoch: number }
  hits_not_saved: { readonly waiting: number }
  stopping: Record<string, never>
}

/** Writes one event to standard output, a JSON object per line. */
export function logEvent<Name extends keyof Events>(event: Name, fields: Events[Name]): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`)
}
