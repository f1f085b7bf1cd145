/** Every event the custodian logs, with the fields it may carry. Nothing else is ever written. */
interface Events {
  started: { readonly port: number; readonly epoch: number }
  request_answered: { readonly caller: string; readonly action: string }
  request_refused: { readonly status: number }
  /** Something here is broken: a file that cannot be read, a disk that is full. */
  request_failed: { readonly errorName: string; readonly code: string }
  stopping: Record<string, never>
  crashed: { readonly errorName: string }
}

/** Writes one event to standard output, a JSON object per line. */
export function logEvent<Name extends keyof Events>(event: Name, fields: Events[Name]): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`)
}
