import type { Http2Session } from 'node:http2'
import { withinMs } from '../within-ms.ts'

/** How long a peer that is told to leave may take to read what it is owed. */
export const lastWordsMs = 500

/** What one peer does with its session. */
interface Use {
  /** When it last asked what it may ask, by the clock of the process; minus infinity for one that never did. */
  lastAskedMs: number
  /** Checks that wait for the verdict on their token. */
  unanswered: number
}

/**
 * The sessions of one server, so many at most. Where there are no more places, a session that never asked makes room, or the one
 * that has been silent longest, if that is long enough: it is told to leave, and gets every answer that it is owed. Sessions
 * that are in use keep their places, whoever comes.
 */
export class Sessions {
  readonly #most: number
  readonly #idleMs: number
  readonly #uses = new Map<Http2Session, Use>()
  /** Those that are told to leave and are still there. */
  readonly #leaving = new Set<Http2Session>()

  /** @param idleMs after this time of silence a session that asked may make room */
  constructor(most: number, idleMs: number) {
    this.#most = most
    this.#idleMs = idleMs
  }

  /** Takes a session in. Says what that cost: another's place, or its own. */
  admit(session: Http2Session): 'admitted' | 'evicted' | 'refused' {
    const isFull = this.#uses.size >= this.#most
    const idle = isFull ? this.#longestIdle() : undefined
    // Those that are leaving take room too, for as long as a peer does not read.
    if ((isFull && !idle) || this.#leaving.size >= this.#most) {
      session.destroy()
      return 'refused'
    }
    if (idle) void this.leave(idle)
    this.#uses.set(session, { lastAskedMs: Number.NEGATIVE_INFINITY, unanswered: 0 })
    session.once('close', () => this.#uses.delete(session))
    return idle ? 'evicted' : 'admitted'
  }

  /** Takes note that a session asked something that it may ask. */
  asked(session: Http2Session | undefined, nowMs: number): void {
    const use = session && this.#uses.get(session)
    if (use) use.lastAskedMs = nowMs
  }

  /** Keeps a session that has a check under way: it is not idle. */
  async whileAsking<Value>(session: Http2Session | undefined, work: Promise<Value>): Promise<Value> {
    const use = session && this.#uses.get(session)
    if (!use) return work
    use.unanswered += 1
    return work.finally(() => {
      use.unanswered -= 1
    })
  }

  /**
   * Has a session end: its peer is told up to which check it was heard (RFC 9113 §6.8), and gets the answers to all of them.
   * What it sent after that is given back by its own HTTP/2 and can be asked elsewhere.
   */
  async leave(session: Http2Session): Promise<void> {
    this.#uses.delete(session)
    if (session.destroyed || this.#leaving.has(session)) return
    this.#leaving.add(session)
    const closed = new Promise<void>((resolve) => session.once('close', resolve))
    session.close()
    await withinMs(closed, lastWordsMs)
    session.destroy()
    this.#leaving.delete(session)
  }

  /** Has every session end in this way. */
  async leaveAll(): Promise<void> {
    await Promise.all([...this.#uses.keys()].map((session) => this.leave(session)))
  }

  #longestIdle(): Http2Session | undefined {
    let longest: Http2Session | undefined
    let since = Number.POSITIVE_INFINITY
    const silentSinceMs = performance.now() - this.#idleMs
    // Of those that never asked the first is the oldest: a map keeps its order.
    for (const [session, { lastAskedMs, unanswered }] of this.#uses) {
      if (unanswered > 0 || lastAskedMs > silentSinceMs || lastAskedMs >= since) continue
      longest = session
      since = lastAskedMs
    }
    return longest
  }
}
