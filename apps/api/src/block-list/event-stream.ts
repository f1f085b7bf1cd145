import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { readChanges } from './read-changes.ts'

/** Changes in one event at most. */
const mostChanges = 1000

/** What changes within this time after a change goes in one event. */
const gatherMs = 150

/** With nothing new a signed head goes out this often, and a stream ends after that long. */
const heartBeatMs = 15_000
const longestMs = 10 * 60_000

/** An event, and the sequence that it leads to. */
interface ListEvent {
  readonly text: string
  readonly seq: number
  readonly isFull: boolean
}

/** Events under way, by the sequence that they follow: edges that are equally far get one that was made and signed once. */
const underWay = new Map<number, Promise<ListEvent>>()

/** The changes after a sequence as an event (WHATWG HTML §9.2). */
export function readEvent(context: Context, after: number): Promise<ListEvent> {
  const known = underWay.get(after)
  if (known) return known
  const made = makeEvent(context, after).finally(() => underWay.delete(after))
  underWay.set(after, made)
  return made
}

async function makeEvent(context: Context, after: number): Promise<ListEvent> {
  const body = await readChanges(context, after, mostChanges)
  const { seq } = body.head
  const isFull = body.changes.length === mostChanges
  return { text: `id: ${seq}\ndata: ${JSON.stringify(body)}\n\n`, seq, isFull }
}

/** The first event, which was read before, and all that follow it. */
export async function* followEvents(
  context: Context,
  first: ListEvent,
  signal: AbortSignal,
): AsyncIterable<string> {
  const endMs = performance.now() + longestMs
  yield first.text
  for (let last = first; performance.now() < endMs; ) {
    if (!last.isFull) {
      await context.watch.waitPast(last.seq, heartBeatMs, signal)
      await delay(gatherMs)
    }
    if (signal.aborted || context.watch.isClosed) return
    last = await readEvent(context, last.seq)
    yield last.text
  }
}
