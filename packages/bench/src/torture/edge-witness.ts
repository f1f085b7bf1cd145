import { type ClientHttp2Session, connect } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import { askEquipmentStatus, type Dice, withClient } from '@pcbs/dev-nation'

/** A change of the list as the registry's database has it. */
interface TrueChange {
  readonly seq: number
  readonly status: 'PERMITTED' | 'PROHIBITED'
}

const words = { PERMITTED: 'WHITELISTED', PROHIBITED: 'BLACKLISTED' } as const
const everyMs = 15

/** An answer that was black, of which phone, and when it came. */
export interface SeenHit {
  readonly imei: string
  readonly atMs: number
}

/**
 * Asks an edge again and again, and holds each answer against the registry's database: it must be what the list said at a
 * sequence from the one that the edge had acknowledged before it was asked up to the newest when it had answered.
 */
export class EdgeWitness {
  readonly #databaseUrl: string
  readonly #port: number
  readonly #imeis: readonly string[]
  readonly faults: string[] = []
  readonly hits: SeenHit[] = []
  answers = 0
  #acknowledged = 0

  constructor(databaseUrl: string, port: number, imeis: readonly string[]) {
    this.#databaseUrl = databaseUrl
    this.#port = port
    this.#imeis = imeis
  }

  /** Asks until the signal aborts. An edge that does not answer is asked again; what it does not say is not wrong. */
  async watch(dice: Dice, signal: AbortSignal): Promise<void> {
    let session: ClientHttp2Session | undefined
    while (!signal.aborted) {
      await delay(everyMs)
      if (!session || session.closed || session.destroyed) {
        session = connect(`http://127.0.0.1:${this.#port}`)
        session.on('error', () => {})
      }
      const imei = this.#imeis[dice.below(this.#imeis.length)] as string
      await this.#askOnce(session, imei).catch(() => session?.destroy())
    }
    session?.destroy()
  }

  /** Asks about every phone once; the answer must be the newest. */
  async askAll(): Promise<void> {
    const session = connect(`http://127.0.0.1:${this.#port}`)
    session.on('error', () => {})
    for (const imei of this.#imeis) await this.#askOnce(session, imei)
    session.destroy()
  }

  /** The newest sequence, and the one that the edge has acknowledged. */
  async sequences(): Promise<{ readonly newest: number; readonly acknowledged: number }> {
    return withClient(this.#databaseUrl, async (client) => {
      const { rows } = await client.query<{ newest: string; acknowledged: string }>(
        'SELECT (SELECT seq FROM list_head) AS newest, coalesce((SELECT max(seq) FROM edge), 0) AS acknowledged',
      )
      return { newest: Number(rows[0]?.newest), acknowledged: Number(rows[0]?.acknowledged) }
    })
  }

  async #askOnce(session: ClientHttp2Session, imei: string): Promise<void> {
    this.#acknowledged = Math.max(this.#acknowledged, (await this.sequences()).acknowledged)
    const from = this.#acknowledged
    const answer = await askEquipmentStatus(session, `imei-${imei}`)
    if (answer === 'BLACKLISTED') this.hits.push({ imei, atMs: Date.now() })
    this.answers += 1
    const allowed = await this.#truth(imei, from)
    if (!allowed.includes(answer))
      this.faults.push(
        `${imei} after ${from} was answered ${answer}, and the list says ${allowed.join(' or ')}`,
      )
  }

  /** What the list said of a phone at any sequence from one on. */
  async #truth(imei: string, from: number): Promise<readonly string[]> {
    const changes = await withClient(this.#databaseUrl, async (client) => {
      const { rows } = await client.query<{ seq: string; status: TrueChange['status'] }>(
        'SELECT seq, status FROM list_change WHERE imei = $1 ORDER BY seq',
        [Number(imei)],
      )
      return rows.map(({ seq, status }): TrueChange => ({ seq: Number(seq), status }))
    })
    const before = changes.findLast(({ seq }) => seq <= from)?.status ?? 'PERMITTED'
    const since = changes.filter(({ seq }) => seq > from).map(({ status }) => status)
    return [before, ...since].map((status) => words[status])
  }
}
