import { setTimeout as delay } from 'node:timers/promises'
import { fetchTelcoKeys, type TelcoConfiguration } from '@pcbs/sdk'
import type { TelcoKey } from '@pcbs/seal'
import { logEvent } from './log.ts'

/** Pause before a custodian that did not answer is asked again, and before one that did is asked for newer keys. */
const retryMs = 5000
const renewalMs = 60_000

/** Asks the custodian for the telco's keys until the signal aborts, and hands each answer on, the newest key first. */
export async function keepKeys(
  registry: TelcoConfiguration,
  signal: AbortSignal,
  take: (keys: readonly [TelcoKey, ...TelcoKey[]]) => Promise<void>,
): Promise<void> {
  let known = 0
  while (!signal.aborted) {
    let pauseMs = renewalMs
    try {
      const keys = await fetchTelcoKeys(registry)
      const [{ epoch }] = keys
      if (epoch !== known) {
        await take(keys)
        logEvent('key_arrived', { epoch })
      }
      known = epoch
    } catch {
      // With a key in hand the edge goes on as it is.
      if (known === 0) logEvent('key_missing', {})
      pauseMs = retryMs
    }
    await delay(pauseMs, undefined, { signal }).catch(() => {})
  }
}
