import { createServer, type Server } from 'node:http'
import type { Registry } from 'prom-client'
import { timesText } from './metrics.ts'

/** Why an edge is not to be sent checks; none where it is. */
export type Unreadiness = 'no_list' | 'draining' | undefined

/** What the operator's questions are answered from. */
export interface OperationsParts {
  readonly metrics: Registry
  readonly lanes: readonly SharedArrayBuffer[]
  /** Asked at every `/readyz`. */
  unreadiness(): Unreadiness
}

/** Tells health (`/healthz`), readiness (`/readyz`) and metrics (`/metrics`) over HTTP/1.1. */
export function createOperationsServer({ metrics, lanes, unreadiness }: OperationsParts): Server {
  return createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body)
    switch (request.url) {
      case '/healthz':
        answer(200, 'application/json', '{"status":"ok"}')
        break
      case '/readyz': {
        const reason = unreadiness()
        const body = JSON.stringify(reason ? { status: 'unavailable', reason } : { status: 'ok' })
        answer(reason ? 503 : 200, 'application/json', body)
        break
      }
      case '/metrics':
        metrics.metrics().then(
          (text) => answer(200, metrics.contentType, text + timesText(lanes)),
          () => answer(500, 'text/plain', ''),
        )
        break
      default:
        answer(404, 'text/plain', 'Ask for /healthz, /readyz or /metrics.\n')
    }
  })
}
