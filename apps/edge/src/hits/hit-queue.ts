import { randomUUID } from 'node:crypto'
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecentHits } from './recent-hits.ts'

/** A check that was answered with black or grey. The SIM is there as the telco's token, never as its IMSI. */
export interface Hit {
  /** Makes sending it again harmless. */
  readonly id: string
  /** 14 digits. */
  readonly imei: string
  /** The wire form of the IMSI's token; absent where no SIM was told or the key has not arrived. */
  readonly imsi?: string
  readonly status: 'PROHIBITED' | 'TRACKING'
  /** RFC 3339. */
  readonly at: string
  readonly node: string
}

/** A hit as a check makes it. */
type FreshHit = Omit<Hit, 'id' | 'at' | 'node'> & { readonly atMs: number }

/** Hits kept while the registry is away: under pressure the newest stay. */
export const queueLimit = 20_000

/** The file is written anew when it has grown to this many times what it must hold. */
const slack = 4

/**
 * Hits on their way to the registry. What was {@link HitQueue.save saved} survives a crash; what was added since the
 * last save, at most a second's worth, does not.
 */
export class HitQueue {
  readonly #file: string
  readonly #node: string
  #saved: Hit[]
  #unsaved: FreshHit[] = []
  #linesInFile: number
  #dropped = 0
  readonly #recent = new RecentHits()
  /** Whether a write failed: the file is written anew, and nothing stands behind what may have come to be of that write. */
  #isTorn = false

  private constructor(file: string, node: string, saved: Hit[]) {
    this.#file = file
    this.#node = node
    this.#saved = saved
    this.#linesInFile = saved.length
  }

  /** Opens the queue, with what a former run left undelivered. */
  static async open(folder: string, node: string): Promise<HitQueue> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, 'hits.queue')
    const text = await readFile(file, 'utf8').catch(() => '')
    return new HitQueue(file, node, text.split('\n').flatMap(parseHit).slice(-queueLimit))
  }

  /**
   * How many hits wait, how many were given up for newer ones, and how many were not taken in since the same phone had been
   * refused with the same SIM within the minute before.
   */
  get state(): { readonly waiting: number; readonly dropped: number; readonly merged: number } {
    const waiting = this.#saved.length + this.#unsaved.length
    return { waiting, dropped: this.#dropped, merged: this.#recent.merged }
  }

  /** Takes a hit in, unless it repeats one; costs the check that made it next to nothing. */
  add(hit: FreshHit): void {
    if (this.#recent.isRepeated(hit)) return
    if (this.#unsaved.length >= queueLimit) {
      this.#unsaved.splice(0, queueLimit / 2)
      this.#dropped += queueLimit / 2
    }
    this.#unsaved.push(hit)
  }

  /**
   * Puts what was added on disk, and what it did not take before.
   * @returns whether there was anything to write
   * @throws where the disk does not take it; it stays in memory, and the next save tries again
   */
  async save(): Promise<boolean> {
    if (this.#unsaved.length === 0 && !this.#isTorn) return false
    // Those that newer ones have pushed out by now never cost more.
    const fresh = this.#unsaved.map(({ atMs, ...hit }) => {
      return { id: randomUUID(), ...hit, at: new Date(atMs).toISOString(), node: this.#node }
    })
    this.#unsaved = []
    const all = [...this.#saved, ...fresh]
    this.#dropped += Math.max(0, all.length - queueLimit)
    this.#saved = all.slice(-queueLimit)
    const isAppended = !this.#isTorn && this.#linesInFile + fresh.length <= queueLimit * slack
    this.#isTorn = true
    if (isAppended) await this.#append(fresh)
    else await this.#rewrite()
    return true
  }

  /** The oldest saved hits, at most this many; they stay until they are {@link HitQueue.remove removed}. */
  oldest(count: number): readonly Hit[] {
    return this.#saved.slice(0, count)
  }

  /** Forgets hits that the registry has. */
  async remove(delivered: readonly Hit[]): Promise<void> {
    const ids = new Set(delivered.map(({ id }) => id))
    this.#saved = this.#saved.filter(({ id }) => !ids.has(id))
    if (this.#saved.length === 0 || this.#linesInFile > this.#saved.length * slack) await this.#rewrite()
  }

  async #append(fresh: readonly Hit[]): Promise<void> {
    await appendFile(this.#file, linesOf(fresh), { mode: 0o600, flush: true })
    this.#isTorn = false
    this.#linesInFile += fresh.length
  }

  async #rewrite(): Promise<void> {
    const aside = `${this.#file}.new`
    await writeFile(aside, linesOf(this.#saved), { mode: 0o600, flush: true })
    await rename(aside, this.#file)
    this.#isTorn = false
    this.#linesInFile = this.#saved.length
  }
}

function linesOf(hits: readonly Hit[]): string {
  return hits.map((hit) => `${JSON.stringify(hit)}\n`).join('')
}

/** A line that a crash cut off is no hit. */
function parseHit(line: string): Hit[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Hit]
  } catch {
    return []
  }
}
