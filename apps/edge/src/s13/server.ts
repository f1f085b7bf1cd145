import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import {
  checkServerIdentity,
  createServer as createTlsServer,
  TLSSocket,
  type Server as TlsServer,
} from 'node:tls'
import type { CheckContext } from '../checks/check-phone.ts'
import { tlsOptions } from '../config/tls.ts'
import { acceptWaiting } from '../connections/accept-waiting.ts'
import { ConnectionGate } from '../connections/connection-gate.ts'
import type { Lane } from '../counters/lane.ts'
import { makeIdentity } from './answers.ts'
import { MessageReader } from './message.ts'
import { type PeerLine, PeerSession } from './peer-session.ts'
import type { S13Settings } from './settings.ts'
import { Watchdog } from './watchdog.ts'

/** Who does not say within this time who it is is cut off. */
const introductionMs = 10_000

/** Between TCP's own questions whether the other machine is there. */
const keepAliveMs = 60_000

/** How long a connection that is ended may take to read what it was sent. */
const lastWordsMs = 500

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
  const { originHost, originRealm, tls, watchdogMs = 30_000 } = settings
  const policy = { identity: makeIdentity(originHost, originRealm), peers: settings.peers }
  const sessions = new Map<Socket, PeerSession>()
  const limits = { most: settings.mostConnections ?? 1000, introductionMs }
  const gate = new ConnectionGate(limits, () => lane.countRefusedConnection())
  const isTied = tls?.clientCa !== undefined && settings.certificateName !== 'any'

  function accept(socket: Socket): void {
    const session = new PeerSession(context, lane, policy, socket.localAddress ?? '', lineOf(socket, isTied))
    sessions.set(socket, session)
    socket.once('close', () => sessions.delete(socket))
    serve(socket, session, { watchdogMs, onIntroduced: () => gate.introduce(socket) })
  }

  const server = tls
    ? createTlsServer({ ...tlsOptions(tls), handshakeTimeout: introductionMs }, accept)
    : createTcpServer()
  server.on('connection', (socket: Socket) => {
    const isAdmitted = gate.admit(socket)
    if (isAdmitted && !tls) accept(socket)
  })

  return {
    server,
    reload({ peers, tls: next }) {
      policy.peers = peers
      if (next && 'setSecureContext' in server) (server as TlsServer).setSecureContext(tlsOptions(next))
    },
    async drain(graceMs) {
      await acceptWaiting(server)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const [socket, session] of sessions) {
        if (session.isOpen) socket.write(session.takeLeave())
        else socket.destroy()
      }
      const patience = setTimeout(() => {
        for (const socket of sessions.keys()) socket.end(() => socket.destroy())
      }, graceMs)
      // A peer that reads nothing is not waited for.
      const end = setTimeout(() => gate.closeAll(), graceMs + lastWordsMs)
      await closed
      clearTimeout(patience)
      clearTimeout(end)
    },
  }
}

/** What a certificate that a peer showed says of its name (RFC 6125 §6: subjectAltName, or else the Common Name). */
function lineOf(socket: Socket, isTied: boolean): PeerLine {
  if (!(socket instanceof TLSSocket)) return { isSecure: false }
  if (!isTied) return { isSecure: true }
  const certificate = socket.getPeerCertificate()
  return {
    isSecure: true,
    isCertifiedFor: (originHost) => checkServerIdentity(originHost, certificate) === undefined,
  }
}

function serve(
  socket: Socket,
  session: PeerSession,
  { watchdogMs, onIntroduced }: { readonly watchdogMs: number; readonly onIntroduced: () => void },
): void {
  const reader = new MessageReader()
  let wasOpen = false
  socket.setNoDelay(true)
  socket.setKeepAlive(true, keepAliveMs)
  const watchdog = new Watchdog(watchdogMs, {
    ask: () => {
      if (session.isOpen) socket.write(session.askWhetherThere())
    },
    giveUp: () => socket.destroy(),
  })
  socket.once('close', () => watchdog.stop())
  // A peer that breaks its line loses it.
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    reader.push(chunk)
    const { replies, isOver, hasHeard } = session.answerAll(reader)
    if (hasHeard) watchdog.heard()
    if (session.isOpen && !wasOpen) {
      wasOpen = true
      onIntroduced()
    }
    // Pipelined requests are answered in one piece. Who does not read its answers is not read from.
    if (replies && !socket.write(replies)) {
      socket.pause()
      socket.once('drain', () => socket.resume())
    }
    if (isOver) socket.end(() => socket.destroy())
  })
}
