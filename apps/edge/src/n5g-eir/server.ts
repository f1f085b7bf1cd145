import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { CheckContext } from '../checks/check-phone.ts'
import { answerEquipmentStatus } from './equipment-status.ts'
import { type Answer, problem } from './problem.ts'

const resource = '/n5g-eir-eic/v1/equipment-status'
const healthy: Answer = { status: 200, contentType: 'application/json', body: '{"status":"ok"}' }

/** N5g-eir over HTTP/2, cleartext with prior knowledge. */
export function createN5gEirServer(context: CheckContext): { server: Http2Server; drain(): Promise<void> } {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    // A peer that breaks the protocol loses its own session and nothing else.
    session.on('error', () => session.destroy())
  })
  // The stream interface: the compatibility one costs a third of the throughput.
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy())
    respond(stream, answer(context, headers))
  })
  return {
    server,
    /** Answers what is under way, takes nothing new. */
    drain: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) session.close()
      }),
  }
}

function answer(context: CheckContext, headers: IncomingHttpHeaders): Answer {
  const path = String(headers[':path'] ?? '')
  const split = path.indexOf('?')
  const name = split < 0 ? path : path.slice(0, split)
  if (name === '/healthz') return healthy
  if (name !== resource)
    return problem('RESOURCE_URI_STRUCTURE_NOT_FOUND', undefined, `The resource is ${resource}.`)
  if (headers[':method'] !== 'GET') return problem('METHOD_NOT_ALLOWED', undefined, 'A check is a GET.')
  return answerEquipmentStatus(context, new URLSearchParams(split < 0 ? '' : path.slice(split + 1)))
}

function respond(stream: ServerHttp2Stream, { status, contentType, body }: Answer): void {
  if (stream.destroyed) return
  stream.respond({ ':status': status, 'content-type': contentType, ...(status === 405 && { allow: 'GET' }) })
  stream.end(body)
}
