import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAside } from './write-aside.ts'

/** How often it is put on disk that the registry held the list to be whole. */
const savedEveryMs = 10_000

/** The list that an edge found on its disk. */
export interface FoundList {
  readonly seq: number
  /** A time at which it was the registry's, as its own files tell; epoch milliseconds. */
  readonly fromMs: number
}

/** That the list up to a sequence was whole at a time. */
interface Word {
  readonly seq: number
  readonly atMs: number
}

/**
 * When the registry last said, under its signature, that the list is whole. It is kept on disk, so that the age of the list
 * is known after a restart with the registry away too: to ten seconds, and never younger than it is.
 */
export class ListAge {
  readonly #path: string
  #current: Word | undefined
  #savedAtMs: number

  private constructor(path: string, current: Word | undefined) {
    this.#path = path
    this.#current = current
    this.#savedAtMs = current?.atMs ?? 0
  }

  /** @param found the list that it is the age of; `undefined` where there is none yet */
  static async open(folder: string, found: FoundList | undefined): Promise<ListAge> {
    const path = join(folder, 'list.current')
    if (!found) return new ListAge(path, undefined)
    const kept = parseWord(await readFile(path, 'utf8').catch(() => ''))
    // A former version left no such file; and what was said of a later list, of which the disk lost the end, is not of this.
    const isOfThis = kept !== undefined && kept.seq <= found.seq
    return new ListAge(path, isOfThis ? kept : { seq: found.seq, atMs: found.fromMs })
  }

  /** Seconds; `undefined` before there is a list. */
  at(nowMs: number): number | undefined {
    return this.#current && Math.max(0, nowMs - this.#current.atMs) / 1000
  }

  /** Takes note that the list up to a sequence is whole at this time, epoch milliseconds. */
  current(atMs: number, seq: number): void {
    this.#current = { atMs, seq }
  }

  /** Puts it on disk, where it has grown older there; says whether it had. */
  async save({ isLast = false } = {}): Promise<boolean> {
    const word = this.#current
    if (!word || word.atMs === this.#savedAtMs) return false
    if (!isLast && Math.abs(word.atMs - this.#savedAtMs) < savedEveryMs) return false
    await writeAside(this.#path, `${word.seq} ${word.atMs}\n`)
    this.#savedAtMs = word.atMs
    return true
  }
}

function parseWord(text: string): Word | undefined {
  const [, seq, atMs] = /^([0-9]{1,15}) ([0-9]{1,15})\n$/.exec(text) ?? []
  return seq === undefined || atMs === undefined ? undefined : { seq: Number(seq), atMs: Number(atMs) }
}
