import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { CheckContext } from '../checks/check-phone.ts'
import { MessageReader } from './message.ts'
import { PeerSession } from './peer-session.ts'
import type { S13Settings } from './settings.ts'

/** Who does not say within this time who it is, or is not heard of for that long, is cut off: watchdogs come sooner. */
const introductionMs = 10_000
const silenceMs = 5 * 60_000

/** S13 and S13' over Diameter on TCP. Malformed input is answered or ends its own connection, and nothing else. */
export function createS13Server(
  context: CheckContext,
  settings: Pick<S13Settings, 'identity' | 'peers' | 'tls'>,
): { readonly server: Server; drain(): Promise<void> } {
  const sockets = new Set<Socket>()
  const accept = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(socket, new PeerSession(context, settings))
  }
  const server = settings.tls ? createTlsServer(settings.tls, accept) : createTcpServer(accept)
  return {
    server,
    /** Answers what is under way, takes nothing new. */
    drain: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.end(() => socket.destroy())
      }),
  }
}

function serve(socket: Socket, session: PeerSession): void {
  const reader = new MessageReader()
  socket.setNoDelay(true)
  socket.setTimeout(introductionMs, () => socket.destroy())
  // A peer that breaks its line loses it.
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    const { replies, isOver } = answerAll(reader, session, chunk)
    if (session.isOpen) socket.setTimeout(silenceMs)
    // Pipelined requests are answered in one piece. Who does not read its answers is not read from.
    if (replies.length > 0 && !socket.write(Buffer.concat(replies))) {
      socket.pause()
      socket.once('drain', () => socket.resume())
    }
    if (isOver) socket.end(() => socket.destroy())
  })
}

function answerAll(
  reader: MessageReader,
  session: PeerSession,
  chunk: Buffer,
): { readonly replies: readonly Buffer[]; readonly isOver: boolean } {
  const replies: Buffer[] = []
  for (const message of reader.read(chunk)) {
    const reply = message === 'broken' ? 'close' : session.take(message)
    if (reply === 'close') return { replies, isOver: true }
    if (reply) replies.push(reply.bytes)
    if (reply?.isLast) return { replies, isOver: true }
  }
  return { replies, isOver: false }
}
