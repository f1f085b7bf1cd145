import type { Server } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The event loop accepts at least one waiting connection per turn, if not in the first one: after so many without any none waits. */
const quietTurns = 3
/** Before a flood of connections is no longer waited for. */
const mostTurns = 1000

/** Accepts who has connected already: the kernel resets what waits behind a listener that is closed. */
export async function acceptWaiting(server: Server): Promise<void> {
  let quiet = 0
  const note = () => {
    quiet = 0
  }
  server.on('connection', note)
  for (let turns = 0; quiet < quietTurns && turns < mostTurns; turns++) {
    quiet += 1
    await nextTurn()
  }
  server.off('connection', note)
}
