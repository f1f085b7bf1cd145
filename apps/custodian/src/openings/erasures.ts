import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { ownerBytes, type RecordOwner } from '@pcbs/seal'

/** Remembers whose records are erased: they are opened no more, wherever a copy of them comes from. */
export class Erasures {
  readonly #file: FileHandle
  readonly #erased: Set<string>

  private constructor(file: FileHandle, erased: Set<string>) {
    this.#file = file
    this.#erased = erased
  }

  /** Opens the file, making it where there is none. */
  static async open(path: string): Promise<Erasures> {
    const file = await open(path, 'a+', 0o600)
    const lines = (await file.readFile('utf8')).split('\n')
    return new Erasures(file, new Set(lines.filter(Boolean)))
  }

  has(owner: RecordOwner): boolean {
    return this.#erased.has(nameOf(owner))
  }

  /** Erases; returns once that survives a crash. */
  async add(owner: RecordOwner): Promise<void> {
    const name = nameOf(owner)
    if (this.#erased.has(name)) return
    this.#erased.add(name)
    await this.#file.appendFile(`${name}\n`)
    await this.#file.datasync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

function nameOf(owner: RecordOwner): string {
  return createHash('sha256').update(ownerBytes(owner)).digest('hex')
}
