import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A line between an edge and its registry that can be cut, or go dead without anybody being told. */
export interface Line {
  /** Breaks every connection. */
  cut(): void
  /** Nothing comes through any more, or everything again. */
  setDead(isDead: boolean): void
  stop(): Promise<void>
}

/** Listens where the edge believes the registry to be, and hands on what comes. */
export async function openLine(ports: { readonly own: number; readonly registry: number }): Promise<Line> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let isDead = false
  const server = createServer((near) => {
    const far = connect(ports.registry, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [socket, other] of [pair, [far, near] as const]) {
      socket.on('data', (chunk: Buffer) => {
        if (!isDead) other.write(chunk)
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        other.destroy()
        pairs.delete(pair)
      })
    }
  })
  server.listen(ports.own, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const [near] of pairs) near.destroy()
  }
  return {
    cut,
    setDead(next) {
      isDead = next
      // What was lost on a dead line is not made good: its connections end when it comes back.
      if (!next) cut()
    },
    async stop() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
