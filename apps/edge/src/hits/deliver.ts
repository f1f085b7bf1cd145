import { setTimeout as delay } from 'node:timers/promises'
import { expectAnswer, failureCode, type RegistryClient, SdkError } from '@pcbs/sdk'
import type { TroubleNote } from '../operations/trouble.ts'
import type { HitQueue } from './hit-queue.ts'

/** As many as the contract takes in one request. */
const batchSize = 1000

/** An answer that does not come in this time is given up, and asked for again. */
const lateMs = 20_000

/** How often new hits are put on disk and sent. */
const intervalMs = 500

/** What delivering takes. */
export interface DeliveryParts {
  readonly queue: HitQueue
  readonly client: RegistryClient
  readonly signal: AbortSignal
  /** Hears whether the registry takes hits, and whether the disk does. */
  readonly delivery: TroubleNote
  readonly disk: TroubleNote
}

/** Saves hits and sends them, at least once each, until the signal aborts; what is left then is on disk. */
export async function deliverHits(parts: DeliveryParts): Promise<void> {
  const { signal, delivery } = parts
  while (!signal.aborted) {
    await delay(intervalMs, undefined, { signal }).catch(() => {})
    await saveHits(parts)
    try {
      if (await sendAll(parts)) delivery.succeeded()
    } catch (error) {
      // The hits stay where they are.
      if (!signal.aborted) delivery.failed(error instanceof SdkError ? error.message : failureCode(error))
    }
  }
  await saveHits(parts)
}

/** Puts hits on disk. A full disk must not stop the checks: they are still sent, from memory. */
export async function saveHits({ queue, disk }: Pick<DeliveryParts, 'queue' | 'disk'>): Promise<void> {
  try {
    if (await queue.save()) disk.succeeded()
  } catch (error) {
    disk.failed(failureCode(error))
  }
}

/** Whether there was anything to send. */
async function sendAll({ queue, client, signal, disk }: DeliveryParts): Promise<boolean> {
  for (let isAny = false; ; isAny = true) {
    const hits = queue.oldest(batchSize)
    const [first] = hits
    if (!first || signal.aborted) return isAny
    expectAnswer(
      await client.POST('/v1/hits', {
        params: { header: { 'Idempotency-Key': first.id } },
        body: { hits: [...hits] },
        signal: AbortSignal.any([signal, AbortSignal.timeout(lateMs)]),
      }),
    )
    // What stays on disk is sent again after a restart, which harms nobody.
    await queue.remove(hits).catch((error: unknown) => disk.failed(failureCode(error)))
  }
}
