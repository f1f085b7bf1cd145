import { Outage, type OutageLength } from '@pcbs/core'
import type { AdapterEvent } from './run.ts'

/** How often something failed, and for how long it has not worked. */
export interface ToldOutage {
  readonly failures: number
  readonly forSeconds: number
}

/**
 * Which part of an adapter's work fails, and of which kind: each kind is told of by itself, an alarm also while the registry
 * is away. The reason is no part of the kind, since it may differ every time, as by a provider's own trace number.
 */
function failureOf(
  event: AdapterEvent,
): { readonly part: 'sync' | 'list'; readonly kind: string } | undefined {
  if (event.type === 'sync-failed') return { part: 'sync', kind: event.isHeld ? 'held' : 'failed' }
  if (event.type === 'list' && 'reason' in event.event) return { part: 'list', kind: event.event.type }
  return undefined
}

/**
 * Passes an adapter's events on so that a night without the registry is some lines and not thousands: a failure is told of
 * at once and then at growing intervals, with how often it happened, and the end of an outage is told of too.
 */
export function tellOutages(
  onEvent: (event: AdapterEvent) => void,
  nowMs: () => number = () => performance.now(),
): (event: AdapterEvent) => void {
  const outages = { sync: new Map<string, Outage>(), list: new Map<string, Outage>() }

  function end(part: 'sync' | 'list'): void {
    const over = [...outages[part].values()].flatMap((outage) => outage.noteSuccess(nowMs()) ?? [])
    if (over.length === 0) return
    const failures = over.reduce((sum, told) => sum + told.failures, 0)
    const forMs = Math.max(...over.map((told) => told.forMs))
    onEvent({ type: 'recovered', part, ...asTold({ failures, forMs }) })
  }

  return (event) => {
    const failure = failureOf(event)
    if (failure) {
      const known = outages[failure.part]
      const outage = known.get(failure.kind) ?? new Outage()
      known.set(failure.kind, outage)
      const told = outage.noteFailure(nowMs())
      if (told) onEvent({ ...event, ...asTold(told) })
      return
    }
    if (event.type === 'synced') end('sync')
    if (event.type === 'list') end('list')
    onEvent(event)
  }
}

function asTold({ failures, forMs }: OutageLength): ToldOutage {
  return { failures, forSeconds: Math.round(forMs / 1000) }
}
