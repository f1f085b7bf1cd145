import { createServer, type Server } from 'node:http'
import type { Registry } from 'prom-client'
import { timesText } from './metrics.ts'
import type { Readiness } from './readiness.ts'

/** What the operator's questions are answered from. */
export interface OperationsParts {
  readonly metrics: Registry
  readonly lanes: readonly SharedArrayBuffer[]
  /** Asked at every `/readyz`. */
  readiness(): Readiness
}

/** Tells health (`/healthz`), readiness (`/readyz`) and metrics (`/metrics`) over HTTP/1.1. */
export function createOperationsServer({ metrics, lanes, readiness }: OperationsParts): Server {
  return createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body)
    switch (request.url) {
      case '/healthz':
        answer(200, 'application/json', '{"status":"ok"}')
        break
      case '/readyz': {
        const said = readiness()
        answer(said.unreadiness ? 503 : 200, 'application/json', JSON.stringify(describe(said)))
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

/** `ok` is an edge that lacks nothing; `degraded` one that answers from what it has. */
function describe({ unreadiness, weaknesses, listAgeSeconds }: Readiness): object {
  const age = listAgeSeconds === undefined ? {} : { listAgeSeconds: Math.floor(listAgeSeconds) }
  if (unreadiness) return { status: 'unavailable', reason: unreadiness, ...age }
  return weaknesses.length > 0
    ? { status: 'degraded', reasons: weaknesses, ...age }
    : { status: 'ok', ...age }
}
