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
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { CheckContext } from '../checks/check-phone.ts'
import { tlsOptions } from '../config/tls.ts'
import { acceptWaiting } from '../connections/accept-waiting.ts'
import { ConnectionGate } from '../connections/connection-gate.ts'
import type { Lane } from '../counters/lane.ts'
import { withinMs } from '../within-ms.ts'
import { AccessTokens } from './access-token.ts'
import { answerEquipmentStatus, type CountedAnswer } from './equipment-status.ts'
import { type Answer, makeAnswer, problem, type Refusal } from './problem.ts'
import { lastWordsMs, Sessions } from './sessions.ts'
import type { N5gEirSettings } from './settings.ts'

const resource = '/n5g-eir-eic/v1/equipment-status'
const healthPath = '/healthz'
const healthy = makeAnswer(200, 'application/json', { status: 'ok' })

/** No query of this service comes near it. */
const longestPath = 2048

/** The most that a peer may have under way at once; what it sends beyond is refused by HTTP/2 itself. */
const streamLimits = { maxConcurrentStreams: 10_000, maxHeaderListSize: 16_384 }

/**
 * How many streams a peer may break off: all that it may have under way, twice at once, and a tenth of them a second. A core
 * that gives its checks up does that and keeps its session; more is a flood (RFC 9113 §10.5) and ends it.
 */
const resets = {
  streamResetBurst: 2 * streamLimits.maxConcurrentStreams,
  streamResetRate: streamLimits.maxConcurrentStreams / 10,
}

/** Sessions of one thread at once, unless it is told otherwise; a core has one for each AMF. */
const mostSessions = 1000
/** A session that asked makes room for another after this time of silence; after the longer one it is let go anyway. */
const idleMs = 10_000
const silenceMs = 10 * 60_000
const keepAliveMs = 60_000

/** Who does not get through TLS in this time is let go. */
const handshakeTimeout = 10_000

const overloaded = refuse('NF_CONGESTION', 'Ask another EIR, or this one in a second.')

/** N5g-eir over HTTP/2. */
export interface N5gEirServer {
  readonly server: Http2Server | Http2SecureServer
  /** Uses other settings from now on; host and port stay, and TLS stays TLS. */
  reload(settings: N5gEirSettings): void
  /** Takes no new connections, goes on answering those in place for a while, then tells them to leave and ends. */
  drain(graceMs: number): Promise<void>
}

/** N5g-eir over HTTP/2: cleartext with prior knowledge, or TLS, where clients may have to show a certificate. */
export function createN5gEirServer(
  context: CheckContext,
  lane: Lane,
  settings: N5gEirSettings,
): N5gEirServer {
  let tokens = settings.oauth && new AccessTokens(settings.oauth)
  const options = { settings: streamLimits, ...resets }
  const server = settings.tls
    ? createSecureServer({ ...options, ...tlsOptions(settings.tls), allowHTTP1: false, handshakeTimeout })
    : createServer(options)
  const { mostSessions: most = mostSessions } = settings
  const sessions = new Sessions(most, settings.idleMs ?? idleMs)
  const limits = { most: 2 * most, introductionMs: handshakeTimeout }
  const gate = settings.tls && new ConnectionGate(limits, () => lane.countRefusedConnection())
  const sockets = new Set<Socket>()
  server.on('session', (session: ServerHttp2Session) => {
    // A peer that breaks the protocol loses its own session and nothing else.
    session.on('error', () => session.destroy())
    // Who is silent for long is let go, and one that has vanished is found out sooner.
    session.setTimeout(silenceMs, () => void sessions.leave(session))
    // Not every kind of socket that a session can have has an address; those of servers do.
    gate?.introduce(session.socket as Socket)
    const fate = sessions.admit(session)
    if (fate === 'evicted') lane.countEvictedConnection()
    if (fate === 'refused') lane.countRefusedConnection()
  })
  // Connections that have no session, any more or yet, are bounded too; TLS that is never finished makes room for AMFs.
  if (!gate) server.maxConnections = limits.most
  server.on('drop', () => lane.countRefusedConnection())
  server.on('connection', (socket: Socket) => {
    gate?.admit(socket)
    socket.setKeepAlive(true, keepAliveMs)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // A session that has ended leaves its connection to the peer to close, which may never do so.
  server.on(settings.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.once('finish', () => setTimeout(() => socket.destroy(), lastWordsMs).unref())
  })
  // A peer that does not get through TLS loses its connection and nothing else.
  server.on('tlsClientError', (_error: Error, socket: { destroy(): void }) => socket.destroy())
  // The stream interface: the compatibility one costs a third of the throughput.
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const startedMs = performance.now()
    stream.on('error', forgetBroken)
    const path = headers[':path'] ?? ''
    if (path === healthPath) respond(stream, healthy)
    else if (!tokens || tokens.isKnown(headers.authorization)) letIn()
    else if (context.isOverloaded) finish(stream, startedMs, overloaded)
    else
      void sessions.whileAsking(stream.session, tokens.findFault(headers.authorization)).then((fault) => {
        if (fault) finish(stream, startedMs, refuse(fault, 'Get a token for n5g-eir-eic from the NRF.'))
        else letIn()
      })
    function letIn(): void {
      sessions.asked(stream.session, startedMs)
      finish(stream, startedMs, answer(context, path, headers))
    }
  })
  function finish(stream: ServerHttp2Stream, startedMs: number, counted: CountedAnswer): void {
    respond(stream, counted.answer)
    lane.count(counted.outcome, (performance.now() - startedMs) / 1000)
    for (const parameter of counted.ignored ?? []) lane.countIgnored(parameter)
  }
  return {
    server,
    reload({ oauth, tls }) {
      tokens = oauth && new AccessTokens(oauth)
      if (tls && 'setSecureContext' in server) server.setSecureContext(tlsOptions(tls))
    },
    async drain(graceMs) {
      await acceptWaiting(server)
      // An HTTP/2 server’s own close() would close its sessions with the listener.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
      await delay(graceMs)
      await sessions.leaveAll()
      // Peers close their ends when they have read everything; those that do not, and TLS that never ends, are cut off.
      await withinMs(closed, lastWordsMs)
      for (const socket of sockets) socket.destroy()
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
  if (stream.destroyed || stream.closed) return
  stream.respond(head)
  stream.end(body)
  // A body that is still to come is not waited for (RFC 9113 §8.1).
  if (!stream.endAfterHeaders) stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR))
}

/** A stream whose peer breaks it off is gone; the listener is one for all. */
function forgetBroken(this: ServerHttp2Stream): void {
  this.destroy()
}
