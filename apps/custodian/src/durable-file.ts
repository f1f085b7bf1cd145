import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Replaces a file's content, or makes the file: whole or not at all, and on disk, its name too, once this returns.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const aside = `${path}.new`
  try {
    const file = await open(aside, 'w', 0o600)
    await finishing(file, async () => {
      await file.writeFile(content)
      await file.sync()
    })
    await rename(aside, path)
  } finally {
    await rm(aside, { force: true })
  }
  await syncName(path)
}

/** Makes a file's name survive a crash. */
export async function syncName(path: string): Promise<void> {
  const folder = await open(dirname(path))
  await finishing(folder, () => folder.sync())
}

/** A file of lines that is only ever added to. What a crash cut off was answered to nobody, and is taken away. */
export class DurableLines {
  readonly #file: FileHandle
  #end: number

  private constructor(file: FileHandle, end: number) {
    this.#file = file
    this.#end = end
  }

  /** Opens the file, making it where there is none, and gives its lines. */
  static async open(
    path: string,
  ): Promise<{ readonly file: DurableLines; readonly lines: readonly string[] }> {
    const file = await open(path, 'a+', 0o600)
    const text = await file.readFile('utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    const end = Buffer.byteLength(whole)
    await file.truncate(end)
    return { file: new DurableLines(file, end), lines: whole.split('\n').slice(0, -1) }
  }

  /** Adds a line, one at a time: on disk once this returns, and not there at all where it throws. */
  async add(line: string): Promise<void> {
    const bytes = Buffer.from(`${line}\n`)
    try {
      await this.#file.appendFile(bytes)
      await this.#file.datasync()
    } catch (error) {
      // Half a line must not stand before the next.
      await this.#file.truncate(this.#end).catch(() => {})
      throw error
    }
    this.#end += bytes.length
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

async function finishing(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    await file.close()
  }
}
