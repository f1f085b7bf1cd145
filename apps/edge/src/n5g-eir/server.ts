import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { CheckContext } from '../checks/check-phone.ts'
import { tlsOptions } from '../config/tls.ts'
import type { Lane } from '../counters/lane.ts'
import { AccessTokens } from './access-token.ts'
import { answerEquipmentStatus, type CountedAnswer } from './equipment-status.ts'
import { type Answer, makeAnswer, problem, type Refusal } from './problem.ts'
import type { N5gEirSettings } from './settings.ts'

const resource = '/n5g-eir-eic/v1/equipment-status'
const healthPath = '/healthz'
const healthy = makeAnswer(200, 'application/json', { status: 'ok' })

/** No query of this service comes near it. */
const longestPath = 2048

/** The most that a peer may have under way at once; what it sends beyond is refused by HTTP/2 itself. */
const limits = { maxConcurrentStreams: 10_000, maxHeaderListSize: 16_384 }

/** Sessions of one thread at once; a core has one for each AMF. */
const mostSessions = 1000
const silenceMs = 10 * 60_000
const keepAliveMs = 60_000

/** Every stream may be refused with the highest number: those that are on their way are still taken. */
const highestStream = 2 ** 31 - 1

const overloaded = refuse('NF_CONGESTION', 'Ask another EIR, or this one in a second.')

/** N5g-eir over HTTP/2. */
export interface N5gEirServer {
  readonly server: Http2Server | Http2SecureServer
  /** Uses other settings from now on; host and port stay, and TLS stays TLS. */
  reload(settings: N5gEirSettings): void
  /** Tells peers to turn elsewhere, goes on answering for a while, and then ends what has nothing under way. */
  drain(graceMs: number): Promise<void>
}

/** N5g-eir over HTTP/2: cleartext with prior knowledge, or TLS, where clients may have to show a certificate. */
export function createN5gEirServer(
  context: CheckContext,
  lane: Lane,
  settings: N5gEirSettings,
): N5gEirServer {
  let tokens = settings.oauth && new AccessTokens(settings.oauth)
  const options = { settings: limits }
  const server = settings.tls
    ? createSecureServer({ ...options, ...tlsOptions(settings.tls), allowHTTP1: false })
    : createServer(options)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => {
    if (sessions.size >= mostSessions) {
      session.destroy()
      return
    }
    sessions.add(session)
    // Who is silent for long is let go, and one that has vanished is found out sooner.
    session.setTimeout(silenceMs, () => session.close())
    session.once('close', () => sessions.delete(session))
    // A peer that breaks the protocol loses its own session and nothing else.
    session.on('error', () => session.destroy())
  })
  server.on('connection', (socket: Socket) => socket.setKeepAlive(true, keepAliveMs))
  // So does one that does not get through TLS.
  server.on('tlsClientError', (_error: Error, socket: { destroy(): void }) => socket.destroy())
  // The stream interface: the compatibility one costs a third of the throughput.
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const startedMs = performance.now()
    stream.on('error', forgetBroken)
    const path = headers[':path'] ?? ''
    if (path === healthPath) respond(stream, healthy)
    else if (!tokens || tokens.isKnown(headers.authorization))
      finish(stream, startedMs, answer(context, path, headers))
    else if (context.isOverloaded) finish(stream, startedMs, overloaded)
    else
      void tokens.findFault(headers.authorization).then((fault) => {
        const refused = fault && refuse(fault, 'Get a token for n5g-eir-eic from the NRF.')
        finish(stream, startedMs, refused ?? answer(context, path, headers))
      })
  })
  function finish(stream: ServerHttp2Stream, startedMs: number, counted: CountedAnswer): void {
    respond(stream, counted.answer)
    lane.count(counted.outcome, (performance.now() - startedMs) / 1000)
  }
  return {
    server,
    reload({ oauth, tls }) {
      tokens = oauth && new AccessTokens(oauth)
      if (tls && 'setSecureContext' in server) server.setSecureContext(tlsOptions(tls))
    },
    async drain(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const session of sessions) session.goaway(constants.NGHTTP2_NO_ERROR, highestStream)
      await delay(graceMs)
      for (const session of sessions) session.close()
      await closed
    },
  }
}

function refuse(refusal: Refusal, reason: string): CountedAnswer {
  const outcome = refusal === 'NF_CONGESTION' ? 'overload' : 'error'
  return { answer: problem(refusal, undefined, reason), outcome }
}

function answer(context: CheckContext, path: string, headers: IncomingHttpHeaders): CountedAnswer {
  if (path.length > longestPath) return refuse('uriTooLong', `A URI has at most ${longestPath} characters.`)
  const split = path.indexOf('?')
  const name = split < 0 ? path : path.slice(0, split)
  if (name !== resource) return refuse('RESOURCE_URI_STRUCTURE_NOT_FOUND', `The resource is ${resource}.`)
  if (headers[':method'] !== 'GET') return refuse('METHOD_NOT_ALLOWED', 'A check is a GET.')
  if (Number(headers['content-length'] ?? 0) > 0) return refuse('bodyTooLarge', 'Send the check without it.')
  if (context.isOverloaded) return overloaded
  return answerEquipmentStatus(context, split < 0 ? '' : path.slice(split + 1))
}

function respond(stream: ServerHttp2Stream, { head, body }: Answer): void {
  if (stream.destroyed) return
  stream.respond(head)
  stream.end(body)
  // A body that is still to come is not waited for (RFC 9113 §8.1).
  if (!stream.endAfterHeaders) stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR))
}

/** A stream whose peer breaks it off is gone; the listener is one for all. */
function forgetBroken(this: ServerHttp2Stream): void {
  this.destroy()
}
