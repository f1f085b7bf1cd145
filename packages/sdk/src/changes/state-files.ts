import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes of a row's digest. */
export const digestLength = 16

/** Bytes of the place of a row's record. */
const placeLength = 4

/** What is on disk of a state. */
export interface StateShape {
  /** Rows remembered. */
  readonly rows: number
  /** Records in the file that rows' places point into; more than rows, once some have changed. */
  readonly records: number
  /** Which file of records that is: states that follow each other share one. */
  readonly generation: number
}

/** A state that remembers nothing. */
const nothing: StateShape = { rows: 0, records: 0, generation: 0 }

/** The state before, and the one that is being read beside it. */
export type StateName = 'current' | 'next'

/**
 * What an adapter remembers of a source, row by row in the source's order: a digest of the raw row, and where its record
 * lies. Records are only ever added to their file, so that a day costs what has changed.
 */
export class StateReader {
  readonly #digests: FileHandle | undefined
  readonly #places: FileHandle | undefined
  readonly #records: FileHandle | undefined
  readonly #recordSize: number
  readonly shape: StateShape

  private constructor(files: readonly FileHandle[], shape: StateShape, recordSize: number) {
    const [digests, places, records] = files
    this.#digests = digests
    this.#places = places
    this.#records = records
    this.shape = shape
    this.#recordSize = recordSize
  }

  /** Opens a state; one that is not there, or not whole, remembers nothing. */
  static async open(
    folder: string,
    name: StateName,
    state: { readonly shape: StateShape | undefined; readonly recordSize: number },
  ): Promise<StateReader> {
    const { shape, recordSize } = state
    if (!shape || !(await isWhole(folder, name, { shape, recordSize })))
      return StateReader.nothing(recordSize)
    const paths = [digestsPath(folder, name), placesPath(folder, name), recordsPath(folder, shape.generation)]
    return new StateReader(await Promise.all(paths.map((path) => open(path))), shape, recordSize)
  }

  /** A state that remembers nothing. */
  static nothing(recordSize: number): StateReader {
    return new StateReader([], nothing, recordSize)
  }

  /** Rows remembered. */
  get rows(): number {
    return this.shape.rows
  }

  /** The digests of rows from one to another, fewer at the end. */
  readDigests(from: number, to: number): Promise<Buffer> {
    return readRange(this.#digests, from * digestLength, Math.min(to, this.rows) * digestLength)
  }

  /** Where the records of rows from one to another lie, fewer at the end. */
  async readPlaces(from: number, to: number): Promise<Uint32Array> {
    const bytes = await readRange(this.#places, from * placeLength, Math.min(to, this.rows) * placeLength)
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / placeLength)
  }

  /** The records at these places, in their order; what lies close together is read at once. */
  async readRecords(places: Uint32Array): Promise<Buffer> {
    const size = this.#recordSize
    const records = Buffer.allocUnsafe(places.length * size)
    const gap = Math.floor(readPastBytes / size)
    for (let at = 0; at < places.length; ) {
      const first = places[at] as number
      let end = at + 1
      while (end < places.length && isNear(places[end - 1] as number, places[end] as number, gap)) end += 1
      const span = await readRange(this.#records, first * size, ((places[end - 1] as number) + 1) * size)
      for (; at < end; at++) {
        const from = ((places[at] as number) - first) * size
        span.copy(records, at * size, from, from + size)
      }
    }
    return records
  }

  /** The records of rows from one to another, fewer at the end. */
  async readRecordsOf(from: number, to: number): Promise<Buffer> {
    return this.readRecords(await this.readPlaces(from, to))
  }

  /** Closes the files. */
  async close(): Promise<void> {
    await Promise.all([this.#digests?.close(), this.#places?.close(), this.#records?.close()])
  }
}

/** Whether a state of this shape lies here. */
export async function isWhole(
  folder: string,
  name: StateName,
  { shape, recordSize }: { readonly shape: StateShape; readonly recordSize: number },
): Promise<boolean> {
  const [digests, places, records] = await Promise.all([
    sizeOf(digestsPath(folder, name)),
    sizeOf(placesPath(folder, name)),
    sizeOf(recordsPath(folder, shape.generation)),
  ])
  return (
    digests === shape.rows * digestLength &&
    places === shape.rows * placeLength &&
    // What a reading that was never kept has added lies behind.
    records >= shape.records * recordSize
  )
}

/** Deletes the records of every generation but one. */
export async function deleteOtherRecords(folder: string, generation: number): Promise<void> {
  const kept = recordsName(generation)
  for (const name of await readdir(folder))
    if (name.startsWith('records-') && name !== kept) await rm(join(folder, name), { force: true })
}

/** Rows copied at a time from the state before. */
const copiedRows = 65_536

/** A gap of so many bytes is read past: a second reading costs more. */
const readPastBytes = 16 * 1024

function isNear(before: number, place: number, gap: number): boolean {
  return place > before && place - before <= gap
}

/** The row's record is the next of those that are added with it. */
export const added = 0xffff_ffff

/**
 * Writes a state anew, in order. As long as it is the one before, row by row, nothing is written: on a day without
 * changes that is all of it.
 */
export class StateWriter {
  readonly #folder: string
  readonly #former: StateReader
  readonly #recordSize: number
  readonly #generation: number
  #records: number
  #files: readonly [digests: FileHandle, places: FileHandle, records: FileHandle] | undefined
  /** Rows written, or passed over as they were. */
  rows = 0

  private constructor(folder: string, former: StateReader, recordSize: number, generation: number) {
    this.#folder = folder
    this.#former = former
    this.#recordSize = recordSize
    this.#generation = generation
    this.#records = former.shape.records
  }

  /**
   * Begins a state in the folder `next`, which is emptied first. Its records go on from the former one's; where there is
   * none, into a file of their own beside whatever is there.
   */
  static async begin(
    folder: string,
    former: StateReader,
    { recordSize, newest }: { readonly recordSize: number; readonly newest: number },
  ): Promise<StateWriter> {
    await rm(join(folder, 'next'), { recursive: true, force: true })
    const generation = former.rows > 0 ? former.shape.generation : newest + 1
    return new StateWriter(folder, former, recordSize, generation)
  }

  /** What has been written, or passed over. */
  get shape(): StateShape {
    return { rows: this.rows, records: this.#records, generation: this.#generation }
  }

  /**
   * Writes the next rows.
   * @param places where their records lie, {@link added} for those that are among these records
   */
  async add(digests: Uint8Array, places: Uint32Array, records: Uint8Array): Promise<void> {
    const files = await this.#open()
    let next = this.#records
    for (let row = 0; row < places.length; row++) if (places[row] === added) places[row] = next++
    await this.#write(files, digests, places)
    if (records.length > 0) await files[2].write(records, 0, records.length, this.#records * this.#recordSize)
    this.#records = next
    this.rows += places.length
  }

  /** Writes the next rows as the state before has them, from one to another. */
  async addKnown(from: number, to: number): Promise<void> {
    if (this.#files || from !== this.rows) await this.#copy(await this.#open(), from, to)
    this.rows += to - from
  }

  /**
   * Makes what was written survive a crash, and closes it.
   * @returns where the state lies: with the one before, where it is that
   */
  async finish(): Promise<StateName> {
    if (!this.#files && this.rows > 0 && this.rows === this.#former.rows) return 'current'
    for (const file of await this.#open()) {
      await file.datasync()
      await file.close()
    }
    return 'next'
  }

  async #open(): Promise<readonly [FileHandle, FileHandle, FileHandle]> {
    if (this.#files) return this.#files
    await mkdir(join(this.#folder, 'next'), { recursive: true, mode: 0o700 })
    const path = recordsPath(this.#folder, this.#generation)
    const records = await open(path, this.#records > 0 ? 'r+' : 'w', 0o600)
    // What a reading left that was never kept.
    await records.truncate(this.#records * this.#recordSize)
    const create = (at: string) => open(at, 'w', 0o600)
    const files = [
      await create(digestsPath(this.#folder, 'next')),
      await create(placesPath(this.#folder, 'next')),
      records,
    ] as const
    this.#files = files
    await this.#copy(files, 0, this.rows)
    return files
  }

  async #copy(files: readonly [FileHandle, FileHandle, FileHandle], from: number, to: number): Promise<void> {
    for (let at = from; at < to; at += copiedRows) {
      const end = Math.min(at + copiedRows, to)
      const [digests, places] = await Promise.all([
        this.#former.readDigests(at, end),
        this.#former.readPlaces(at, end),
      ])
      await this.#write(files, digests, places)
    }
  }

  async #write(
    [digestsTo, placesTo]: readonly [FileHandle, FileHandle, FileHandle],
    digests: Uint8Array,
    places: Uint32Array,
  ): Promise<void> {
    const placeBytes = new Uint8Array(places.buffer, places.byteOffset, places.byteLength)
    await Promise.all([digestsTo.writeFile(digests), placesTo.writeFile(placeBytes)])
  }
}

function digestsPath(folder: string, name: StateName): string {
  return join(folder, name, 'digests')
}

function placesPath(folder: string, name: StateName): string {
  return join(folder, name, 'places')
}

function recordsPath(folder: string, generation: number): string {
  return join(folder, recordsName(generation))
}

function recordsName(generation: number): string {
  return `records-${generation}`
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? -1
}

async function readRange(file: FileHandle | undefined, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, to - from))
  if (bytes.length > 0) await file?.read(bytes, 0, bytes.length, from)
  return bytes
}
