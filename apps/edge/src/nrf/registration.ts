import { setTimeout as delay } from 'node:timers/promises'
import { failureCode } from '@pcbs/sdk'
import { withinMs } from '../within-ms.ts'
import { type Http2Answer, type Http2Request, requestHttp2 } from './http2-request.ts'
import { makeProfile } from './profile.ts'
import type { NrfSettings, NrfTls } from './settings.ts'

/** Between heart-beats where the NRF does not say, and before an NRF that did not answer is asked again. */
const heartBeatSeconds = 30
const retryMs = 5000

/** Taking leave takes no longer. */
const leaveMs = 1000

/** An NRF sends elsewhere (TS 29.510 §6.1.3.3.3.2) so often at most. */
const mostRedirects = 3

/** What an edge tells its operator of its NRF. */
export type NrfEvent = 'nrf_registered' | 'nrf_away' | 'nrf_refused' | 'nrf_deregistered'

/** An edge's standing at its NRF. */
export interface NrfRegistration {
  readonly isRegistered: boolean
  /** Shows another certificate from its next message on; all else stays as it was registered. */
  reload(tls: NrfTls): void
  /** Deregisters, so that AMFs find it no more. */
  stop(): Promise<void>
}

/**
 * Keeps an edge registered (Nnrf_NFManagement, TS 29.510 §5.2.2): registers, sends heart-beats as often as the NRF
 * wants, and registers anew where the NRF has forgotten it. An NRF that is away changes nothing else. `onEvent` hears of every
 * failure, with why, and of success where it is news.
 */
export function registerAtNrf(
  settings: NrfSettings,
  onEvent: (event: NrfEvent, reason: string) => void,
): NrfRegistration {
  const stopping = new AbortController()
  const { signal } = stopping
  const path = new URL(`${settings.url.replace(/\/$/, '')}/nnrf-nfm/v1/nf-instances/${settings.instanceId}`)
  const profile = JSON.stringify(makeProfile(settings))
  let tls: NrfTls = settings
  let isRegistered = false
  let isFine = false

  const send = (request: Omit<Http2Request, 'url' | 'tls'>) => sendOn({ ...request, url: path, tls })

  function tellSuccess(): void {
    if (!isFine) onEvent('nrf_registered', '')
    isFine = true
  }

  function tellFailure(event: NrfEvent, reason: string): void {
    isFine = false
    onEvent(event, reason)
  }

  /** Gives how long to wait before the next message. */
  async function register(): Promise<number> {
    const answer = await send({ method: 'PUT', contentType: 'application/json', body: profile })
    if (answer.status !== 200 && answer.status !== 201) {
      tellFailure('nrf_refused', `HTTP ${answer.status}`)
      return retryMs
    }
    isRegistered = true
    tellSuccess()
    return pauseOf(answer)
  }

  async function beat(): Promise<number> {
    const answer = await send({
      method: 'PATCH',
      contentType: 'application/json-patch+json',
      body: JSON.stringify([{ op: 'replace', path: '/nfStatus', value: 'REGISTERED' }]),
    })
    if (answer.status === 200 || answer.status === 204) {
      tellSuccess()
      return pauseOf(answer)
    }
    // Forgotten, as after a restart of the NRF, or not understood: everything is said anew.
    isRegistered = false
    return 0
  }

  let pauseSeconds = heartBeatSeconds
  function pauseOf({ body }: Http2Answer): number {
    const { heartBeatTimer } = readJson(body)
    if (Number.isInteger(heartBeatTimer) && Number(heartBeatTimer) >= 1) pauseSeconds = Number(heartBeatTimer)
    return pauseSeconds * 1000
  }

  async function keep(): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = await (isRegistered ? beat() : register()).catch((error: unknown) => {
        tellFailure('nrf_away', failureCode(error))
        return retryMs
      })
      await delay(pauseMs, undefined, { signal }).catch(() => {})
    }
  }

  const keeping = keep()

  async function deregister(): Promise<void> {
    await keeping
    if (!isRegistered) return
    isRegistered = false
    const answer = await send({ method: 'DELETE' }).catch(() => undefined)
    if (answer?.status === 204) onEvent('nrf_deregistered', '')
  }

  return {
    get isRegistered() {
      return isRegistered
    },
    reload(next) {
      tls = next
    },
    async stop() {
      stopping.abort()
      // An NRF that is silent must not hold up whoever waits for the edge to end.
      await withinMs(deregister(), leaveMs)
    },
  }
}

async function sendOn(request: Http2Request): Promise<Http2Answer> {
  let { url } = request
  for (let redirects = 0; ; redirects++) {
    const answer = await requestHttp2({ ...request, url })
    const isElsewhere = (answer.status === 307 || answer.status === 308) && answer.location !== undefined
    if (!isElsewhere || redirects >= mostRedirects) return answer
    url = new URL(answer.location, url)
  }
}

function readJson(text: string): { readonly heartBeatTimer?: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
