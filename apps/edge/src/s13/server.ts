import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { CheckContext } from '../checks/check-phone.ts'
import { tlsOptions } from '../config/tls.ts'
import type { Lane } from '../counters/lane.ts'
import { makeIdentity } from './answers.ts'
import { MessageReader } from './message.ts'
import { PeerSession } from './peer-session.ts'
import type { S13Settings } from './settings.ts'

/** Who does not say within this time who it is is cut off; who is silent for that long after it is asked. */
const introductionMs = 10_000
const silenceMs = 30_000

/** S13 and S13' over Diameter. */
export interface S13Server {
  readonly server: Server
  /** Uses other peers and certificates from now on; host, port and names stay, and TLS stays TLS. */
  reload(settings: S13Settings): void
  /** Takes leave of its peers (RFC 6733 §5.4), answers for as long as they take to go, and ends. */
  drain(graceMs: number): Promise<void>
}

/** S13 and S13' over Diameter on TCP. Malformed input is answered or ends its own connection, and nothing else. */
export function createS13Server(context: CheckContext, lane: Lane, settings: S13Settings): S13Server {
  const { originHost, originRealm } = settings
  const policy = { identity: makeIdentity(originHost, originRealm), peers: settings.peers }
  const sessions = new Map<Socket, PeerSession>()
  const accept = (socket: Socket) => {
    const session = new PeerSession(context, lane, policy, socket.localAddress ?? '')
    sessions.set(socket, session)
    socket.once('close', () => sessions.delete(socket))
    serve(socket, session)
  }
  const server = settings.tls ? createTlsServer(tlsOptions(settings.tls), accept) : createTcpServer(accept)
  return {
    server,
    reload({ peers, tls }) {
      policy.peers = peers
      if (tls && 'setSecureContext' in server) (server as TlsServer).setSecureContext(tlsOptions(tls))
    },
    async drain(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const [socket, session] of sessions) {
        if (session.isOpen) socket.write(session.disconnectRequest)
        else socket.destroy()
      }
      const patience = setTimeout(() => {
        for (const socket of sessions.keys()) socket.end(() => socket.destroy())
      }, graceMs)
      await closed
      clearTimeout(patience)
    },
  }
}

function serve(socket: Socket, session: PeerSession): void {
  const reader = new MessageReader()
  let isWatched = false
  socket.setNoDelay(true)
  // Whoever is silent is asked once whether it is there (RFC 3539 §3.4.1), and then let go.
  socket.setTimeout(silenceMs, () => {
    if (isWatched || !session.isOpen) socket.destroy()
    else socket.write(session.watchdogRequest)
    isWatched = true
  })
  const introduction = setTimeout(() => {
    if (!session.isOpen) socket.destroy()
  }, introductionMs)
  socket.once('close', () => clearTimeout(introduction))
  // A peer that breaks its line loses it.
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    reader.push(chunk)
    const { replies, isOver } = session.answerAll(reader)
    isWatched = false
    // Pipelined requests are answered in one piece. Who does not read its answers is not read from.
    if (replies && !socket.write(replies)) {
      socket.pause()
      socket.once('drain', () => socket.resume())
    }
    if (isOver) socket.end(() => socket.destroy())
  })
}
