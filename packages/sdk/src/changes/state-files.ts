import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes of a row's digest. */
export const digestLength = 16

const digestsFile = 'digests'
const recordsFile = 'records'

/** What an adapter remembers of a source, row by row in the source's order: a digest of the raw row, and a record. */
export class StateReader {
  readonly #digests: FileHandle | undefined
  readonly #records: FileHandle | undefined
  readonly #recordSize: number
  /** Rows remembered. */
  readonly rows: number

  private constructor(
    files: readonly [FileHandle, FileHandle] | readonly [],
    rows: number,
    recordSize: number,
  ) {
    const [digests, records] = files
    this.#digests = digests
    this.#records = records
    this.rows = rows
    this.#recordSize = recordSize
  }

  /** Opens a state; one that is not there, or not whole, remembers nothing. */
  static async open(folder: string, rows: number, recordSize: number): Promise<StateReader> {
    if (!(await isWhole(folder, rows, recordSize))) return StateReader.nothing(recordSize)
    const files = [await open(join(folder, digestsFile)), await open(join(folder, recordsFile))] as const
    return new StateReader(files, rows, recordSize)
  }

  /** A state that remembers nothing. */
  static nothing(recordSize: number): StateReader {
    return new StateReader([], 0, recordSize)
  }

  /** The digests of rows from one place to another, fewer at the end. */
  readDigests(from: number, to: number): Promise<Buffer> {
    return readRange(this.#digests, from * digestLength, Math.min(to, this.rows) * digestLength)
  }

  /** The records of rows from one place to another, fewer at the end. */
  readRecords(from: number, to: number): Promise<Buffer> {
    return readRange(this.#records, from * this.#recordSize, Math.min(to, this.rows) * this.#recordSize)
  }

  /** Closes the files. */
  async close(): Promise<void> {
    await Promise.all([this.#digests?.close(), this.#records?.close()])
  }
}

/** Whether a state of so many rows lies here. */
export async function isWhole(folder: string, rows: number, recordSize: number): Promise<boolean> {
  const [digests, records] = [
    await sizeOf(join(folder, digestsFile)),
    await sizeOf(join(folder, recordsFile)),
  ]
  return digests === rows * digestLength && records === rows * recordSize
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size
}

async function readRange(file: FileHandle | undefined, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from))
  if (bytes.length > 0) await file?.read(bytes, 0, bytes.length, from)
  return bytes
}

/** Rows copied at a time from the state before. */
const copiedRows = 16_384

/**
 * Writes a state anew, in order. As long as it is the one before, row by row, nothing is written: on a day without
 * changes that is all of it.
 */
export class StateWriter {
  readonly #folder: string
  readonly #former: StateReader
  #files: readonly [digests: FileHandle, records: FileHandle] | undefined
  /** Rows written, or passed over as they were. */
  rows = 0

  private constructor(folder: string, former: StateReader) {
    this.#folder = folder
    this.#former = former
  }

  /** Begins a state in a folder that is emptied first. */
  static async begin(folder: string, former: StateReader): Promise<StateWriter> {
    await rm(folder, { recursive: true, force: true })
    return new StateWriter(folder, former)
  }

  /** Writes the next rows. */
  async add(digests: Uint8Array, records: Uint8Array): Promise<void> {
    await this.#write(await this.#open(), digests, records)
    this.rows += digests.length / digestLength
  }

  /** Writes the next rows as the state before has them, from one place to another. */
  async addKnown(from: number, to: number): Promise<void> {
    if (this.#files || from !== this.rows) await this.#copy(await this.#open(), from, to)
    this.rows += to - from
  }

  /**
   * Makes what was written survive a crash, and closes it.
   * @returns whether the state is the one before, so that nothing was written
   */
  async finish(): Promise<boolean> {
    if (!this.#files && this.rows > 0 && this.rows === this.#former.rows) return true
    for (const file of await this.#open()) {
      await file.datasync()
      await file.close()
    }
    return false
  }

  async #open(): Promise<readonly [FileHandle, FileHandle]> {
    if (this.#files) return this.#files
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const create = (name: string) => open(join(this.#folder, name), 'w', 0o600)
    const files = [await create(digestsFile), await create(recordsFile)] as const
    this.#files = files
    await this.#copy(files, 0, this.rows)
    return files
  }

  async #copy(files: readonly [FileHandle, FileHandle], from: number, to: number): Promise<void> {
    for (let at = from; at < to; at += copiedRows) {
      const end = Math.min(at + copiedRows, to)
      const [digests, records] = [
        await this.#former.readDigests(at, end),
        await this.#former.readRecords(at, end),
      ]
      await this.#write(files, digests, records)
    }
  }

  async #write(
    [digestsTo, recordsTo]: readonly [FileHandle, FileHandle],
    digests: Uint8Array,
    records: Uint8Array,
  ): Promise<void> {
    await Promise.all([digestsTo.writeFile(digests), recordsTo.writeFile(records)])
  }
}
