import { createHash } from 'node:crypto'
import { ownerBytes, type RecordOwner } from '@pcbs/seal'
import { DurableLines } from '../durable-file.ts'
import { Turns } from '../turns.ts'

/** Remembers whose records are erased: they are opened no more, wherever a copy of them comes from. */
export class Erasures {
  readonly #file: DurableLines
  readonly #erased: Set<string>
  readonly #turns = new Turns()

  private constructor(file: DurableLines, erased: Set<string>) {
    this.#file = file
    this.#erased = erased
  }

  /** Opens the file, making it where there is none. */
  static async open(path: string): Promise<Erasures> {
    const { file, lines } = await DurableLines.open(path)
    return new Erasures(file, new Set(lines))
  }

  has(owner: RecordOwner): boolean {
    return this.#erased.has(nameOf(owner))
  }

  /** Erases; returns once that survives a crash. */
  add(owner: RecordOwner): Promise<void> {
    // One at a time: nobody is told of an erasure that another has only begun.
    return this.#turns.take(() => this.#addNext(nameOf(owner)))
  }

  async #addNext(name: string): Promise<void> {
    if (this.#erased.has(name)) return
    await this.#file.add(name)
    this.#erased.add(name)
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

function nameOf(owner: RecordOwner): string {
  return createHash('sha256').update(ownerBytes(owner)).digest('hex')
}
