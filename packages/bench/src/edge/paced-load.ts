import { setTimeout as delay } from 'node:timers/promises'
import type { FrameClient } from './http2-frames.ts'

/**
 * Sends so many requests a second for so long, whether or not those before are answered; on a client that has sent nothing
 * before.
 * @returns how long each took from the moment at which it was due, milliseconds
 */
export async function measurePaced(
  client: FrameClient,
  blocks: readonly Buffer[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly number[]> {
  const times: number[] = []
  const startedMs = performance.now()
  const total = perSecond * seconds
  const dueMs = (request: number) => startedMs + (request / perSecond) * 1000
  const finished = new Promise<void>((resolve) => {
    client.onAnswer = (request) => {
      times.push(performance.now() - dueMs(request))
      if (times.length === total) resolve()
    }
  })
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * perSecond))
    client.send(
      Array.from({ length: due - sent }, (_, index) => blocks[(sent + index) % blocks.length] as Buffer),
    )
    sent = due
    await delay(1)
  }
  await finished
  return times
}
