import type { Socket } from 'node:net'

/** How many connections are held, and for how long one that has not said who it is. */
export interface GateLimits {
  readonly most: number
  readonly introductionMs: number
}

/**
 * Bounds the connections of one server from the moment in which they arrive, so that TLS that is never finished counts too.
 * Who does not say who it is within a while goes. Where the places are taken, the one that has kept silent longest makes
 * room; where all have said who they are, the new one is refused.
 */
export class ConnectionGate {
  readonly #limits: GateLimits
  readonly #onRefused: () => void
  readonly #all = new Set<Socket>()
  /** Those that have not said who they are, the oldest first, each with the timer that ends it. */
  readonly #strangers = new Map<Socket, NodeJS.Timeout>()

  constructor(limits: GateLimits, onRefused: () => void) {
    this.#limits = limits
    this.#onRefused = onRefused
  }

  /** Lets a connection in, or ends it. */
  admit(socket: Socket): boolean {
    if (this.#all.size >= this.#limits.most) {
      this.#onRefused()
      const [stranger] = this.#strangers.keys()
      if (!stranger) {
        socket.destroy()
        return false
      }
      this.#forget(stranger)
      stranger.destroy()
    }
    this.#all.add(socket)
    const patience = setTimeout(() => socket.destroy(), this.#limits.introductionMs)
    this.#strangers.set(socket, patience)
    socket.once('close', () => this.#forget(socket))
    return true
  }

  /** Takes note that a peer, on this connection or on TLS over it, has said who it is. */
  introduce({ remoteAddress, remotePort }: Socket): void {
    for (const [stranger, patience] of this.#strangers) {
      if (stranger.remotePort !== remotePort || stranger.remoteAddress !== remoteAddress) continue
      clearTimeout(patience)
      this.#strangers.delete(stranger)
      return
    }
  }

  /** Ends every connection. */
  closeAll(): void {
    for (const socket of this.#all) socket.destroy()
  }

  #forget(socket: Socket): void {
    clearTimeout(this.#strangers.get(socket))
    this.#strangers.delete(socket)
    this.#all.delete(socket)
  }
}
