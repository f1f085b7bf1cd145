import { setTimeout as delay } from 'node:timers/promises'
import { expectAnswer, type RegistryClient } from '@pcbs/sdk'
import { logEvent } from '../log.ts'
import type { HitQueue } from './hit-queue.ts'

/** As many as the contract takes in one request. */
const batchSize = 1000

/** How often new hits are put on disk and sent. */
const intervalMs = 500

/** Saves hits and sends them, at least once each, until the signal aborts; what is left then is on disk. */
export async function deliverHits(
  queue: HitQueue,
  client: RegistryClient,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await delay(intervalMs, undefined, { signal }).catch(() => {})
    await save(queue)
    await sendAll(queue, client, signal).catch(() => {
      // The registry is away: the hits stay where they are.
    })
  }
  await save(queue)
}

/** A full disk must not stop the checks: the hits are still sent, from memory. */
async function save(queue: HitQueue): Promise<void> {
  const { waiting } = queue.state
  await queue.save().catch(() => logEvent('hits_not_saved', { waiting }))
}

async function sendAll(queue: HitQueue, client: RegistryClient, signal: AbortSignal): Promise<void> {
  for (;;) {
    const hits = queue.oldest(batchSize)
    const [first] = hits
    if (!first || signal.aborted) return
    expectAnswer(
      await client.POST('/v1/hits', {
        params: { header: { 'Idempotency-Key': first.id } },
        body: { hits: [...hits] },
        signal,
      }),
    )
    await queue.remove(hits)
  }
}
