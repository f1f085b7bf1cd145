import { getListHead, listChannel } from './block-list.ts'
import type { Store } from './connect.ts'

/**
 * Listens for the block list's changes until the connection breaks or the signal aborts.
 * @throws {Error} where the database cannot be listened to
 */
export async function listenForList(
  { db, pool }: Store,
  onSequence: (seq: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const client = await pool.connect()
  try {
    await new Promise<void>((resolve, reject) => {
      client.on('notification', ({ payload }) => onSequence(Number(payload)))
      client.once('error', () => resolve())
      client.once('end', () => resolve())
      signal.addEventListener('abort', () => resolve(), { once: true })
      // What changed before LISTEN took hold is found by looking once.
      client
        .query(`LISTEN ${listChannel}`)
        .then(() => getListHead(db))
        .then(({ seq }) => onSequence(seq))
        .catch(reject)
    })
  } finally {
    client.removeAllListeners('notification')
    // Never back into the pool: it is still listening.
    client.release(true)
  }
}
