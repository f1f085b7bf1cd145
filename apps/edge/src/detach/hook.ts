import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { failureCode } from '@pcbs/sdk'
import { encodeToken, type Token } from '@pcbs/seal'
import type { DetachSettings } from './settings.ts'

/** A phone that was attached when it was blocked, as the operator's system is told. */
export interface DetachRequest {
  /** 14 digits. */
  readonly imei: string
  /** The telco's own token of the IMSI that last used it. */
  readonly imsi: Token
  readonly lastSeenMs: number
}

/** Has phones detached that are attached while they are blocked: cores ask an EIR at registration alone. */
export interface DetachHook {
  /** Asks for it; what cannot be delivered in a while is given up: the phone's next registration is refused. */
  detach(request: DetachRequest): void
  /** Ends what is under way. */
  stop(): Promise<void>
}

/** Pauses between tries. */
const retriesMs = [1000, 5000, 30_000, 120_000] as const

/** Calls under way at once; what comes beyond is given up. */
const mostCalls = 10_000

/** A webhook does not take longer. */
const patienceMs = 10_000

/**
 * Calls the operator's webhook: `POST`, a JSON object with imei, imsi (its token), lastSeenAt and edge, and the header
 * `pcbs-signature: sha256=` with the HMAC-SHA-256 of the body under the shared secret, in hex. `onOutcome` hears how each call
 * ended, `onFailure` why a try of one failed.
 */
export function createWebhook(
  { url, secret }: DetachSettings,
  edge: string,
  onOutcome: (outcome: 'delivered' | 'given_up') => void,
  onFailure: (reason: string) => void = () => {},
): DetachHook {
  const stopping = new AbortController()
  const underWay = new Set<Promise<void>>()

  async function deliver(body: string): Promise<void> {
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    const headers = { 'content-type': 'application/json', 'pcbs-signature': `sha256=${signature}` }
    for (const pauseMs of [...retriesMs, undefined]) {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(patienceMs)])
      const fault = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' }).then(
        async (response) => {
          await response.body?.cancel()
          return response.ok ? undefined : `HTTP ${response.status}`
        },
        (error: unknown) => failureCode(error),
      )
      if (fault === undefined) {
        onOutcome('delivered')
        return
      }
      if (!stopping.signal.aborted) onFailure(fault)
      if (pauseMs === undefined || stopping.signal.aborted) break
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
    onOutcome('given_up')
  }

  return {
    detach({ imei, imsi, lastSeenMs }) {
      if (underWay.size >= mostCalls) {
        onOutcome('given_up')
        return
      }
      const lastSeenAt = new Date(lastSeenMs).toISOString()
      const call = deliver(JSON.stringify({ imei, imsi: encodeToken(imsi), lastSeenAt, edge }))
      underWay.add(call)
      void call.finally(() => underWay.delete(call))
    },
    async stop() {
      stopping.abort()
      await Promise.all(underWay)
    },
  }
}
