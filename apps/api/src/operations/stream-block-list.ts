import { Readable } from 'node:stream'
import { followEvents, readEvent } from '../block-list/event-stream.ts'
import type { Handler } from '../http/operation.ts'

/** Not to be kept, and not to be gathered by whoever compresses. */
const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store, no-transform' }

export const streamBlockList: Handler<'streamBlockList'> = async ({ query, signal }, context) => {
  // A sequence that is not known is refused before a stream begins.
  const first = await readEvent(context, query.after)
  return { status: 200, body: Readable.from(followEvents(context, first, signal)), headers }
}
