import type { ClientHttp2Session } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import { request } from './http2-load.ts'

/**
 * Sends so many requests a second for so long, whether or not those before are answered.
 * @returns how long each took from the moment at which it was due, milliseconds
 */
export async function measurePaced(
  sessions: readonly ClientHttp2Session[],
  paths: readonly string[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly number[]> {
  const times: number[] = []
  const answers: Promise<void>[] = []
  const startedMs = performance.now()
  const total = perSecond * seconds
  for (let sent = 0; sent < total; ) {
    const dueCount = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * perSecond))
    for (; sent < dueCount; sent++) {
      const dueMs = startedMs + (sent / perSecond) * 1000
      const session = sessions[sent % sessions.length] as ClientHttp2Session
      const path = paths[sent % paths.length] ?? '/'
      answers.push(
        request(session, path).then(() => {
          times.push(performance.now() - dueMs)
        }),
      )
    }
    await delay(1)
  }
  await Promise.all(answers)
  return times
}
