import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  batchRows,
  type EncodedBatch,
  type EncodeSettings,
  type LineBatch,
} from '../encoding/batch-encoder.ts'
import { EncoderPool } from '../encoding/encoder-pool.ts'
import { inOrder } from '../encoding/in-order.ts'
import type { Source } from '../feeds/row-batches.ts'
import type { FeedKind, SourceRows } from '../feeds/source-rows.ts'
import { remember } from '../remember.ts'
import { type Chunk, cutChunks, passedRows } from './chunks.ts'
import { compareStates, type Differences } from './compare.ts'
import { Matcher, notFound } from './matcher.ts'
import { RecordCodec } from './record.ts'
import { Spill } from './spill.ts'
import {
  added,
  deleteOtherRecords,
  isWhole,
  type StateName,
  StateReader,
  type StateShape,
  StateWriter,
} from './state-files.ts'

/** What the registry has of a telco, as the adapter remembers it. */
export interface SyncedState {
  /** Number of the feed that brought it there. */
  readonly feed: number
  /** Epoch of the key under which its tokens were made. */
  readonly epoch: number
  /** The collection policy it was made by. */
  readonly policyVersion: number
}

/**
 * How rows are remembered, and by which rules they were parsed: a state of another version is as good as none, so that a
 * row whose parser changed is sent again although the row did not change. 4: rows are parsed strictly.
 */
const stateVersion = 4

/** What detection works with: {@link EncodeSettings}, and where and under which key it remembers. */
export interface DetectorSettings extends EncodeSettings {
  readonly stateKey: Uint8Array
  /** The adapter's state folder; each kind of feed has its own below it. */
  readonly folder: string
}

/** A chunk whose rows were all remembered or encoded. */
interface RememberedChunk extends Chunk {
  /** Where its rows' records lie, or {@link added}; `undefined` where the chunk is what it passed, row by row. */
  readonly recordPlaces: Uint32Array | undefined
  /** The rows that were not found. */
  readonly encoded: EncodedBatch
  /** Records that the chunk passed and that are none of its rows. */
  readonly gone: Buffer
}

/** What `synced.json` holds. */
interface KeptState extends SyncedState {
  readonly version: number
  readonly shape: StateShape
}

/** Records that no row points to are dropped once they are as many as those that are in use. */
const slack = 2

/**
 * Finds what changed since the last sync of one kind of feed, reading the source once. Its files hold tokens, sealed
 * IMEIs and keyed digests alone, belong to the telco, and can be deleted at any time: the next sync is then a snapshot.
 */
export class ChangeDetector<Kind extends FeedKind = FeedKind> {
  readonly #kind: Kind
  readonly #settings: DetectorSettings
  readonly #folder: string
  readonly #codec: RecordCodec
  readonly #former: Spill
  readonly #fresh: Spill
  /** Where the state lies that was read: with the former one, where nothing has changed. */
  #readInto: StateName = 'next'
  #shape: StateShape = { rows: 0, records: 0, generation: 0 }

  constructor(settings: DetectorSettings & { readonly kind: Kind }) {
    this.#kind = settings.kind
    this.#settings = settings
    this.#folder = join(settings.folder, settings.kind)
    this.#codec = new RecordCodec(settings.kind, settings.stateKey, custodiansOf(settings))
    this.#former = new Spill(this.#path('former'))
    this.#fresh = new Spill(this.#path('fresh'))
  }

  /** Rows that the source held. */
  get rows(): number {
    return this.#shape.rows
  }

  /** What was synced last, or `undefined` where that is not known. */
  async synced(): Promise<SyncedState | undefined> {
    return this.#readSynced()
  }

  /** Reads the source to its end for a snapshot, giving its lines as they come. */
  async *readAll(source: Source<SourceRows[Kind]>): AsyncIterable<LineBatch> {
    for await (const { encoded } of this.#read(source, StateReader.nothing(this.#codec.size))) yield encoded
  }

  /** The lines of {@link readAll} once more, from what it remembered. */
  async *readAgain(): AsyncIterable<LineBatch> {
    const next = await this.#openState(this.#readInto, this.#shape)
    try {
      for (let from = 0; from < next.rows; from += batchRows)
        yield toBatch(this.#codec.linesOf('+', await next.readRecordsOf(from, from + batchRows)))
    } finally {
      await next.close()
    }
  }

  /** Reads the source to its end for a delta, beside what was synced last. */
  async readChanges(
    source: Source<SourceRows[Kind]>,
    onRows: (rows: number) => void = () => {},
  ): Promise<void> {
    const synced = await this.#readSynced()
    const current = await this.#openState('current', synced?.shape)
    try {
      for await (const { gone, encoded } of this.#read(source, current)) {
        onRows(this.rows)
        await this.#spill(this.#former, gone)
        // What comes from a thread is plain bytes.
        await this.#spill(this.#fresh, Buffer.from(encoded.records))
      }
    } finally {
      await current.close()
    }
  }

  async #spill(into: Spill, records: Buffer): Promise<void> {
    for (let at = 0; at < records.length; at += this.#codec.size) {
      const record = records.subarray(at, at + this.#codec.size)
      await into.add(this.#codec.keyOf(record), record)
    }
  }

  /** The lines of a delta, the same in the same order however often they are asked for. */
  async *changes(): AsyncIterable<LineBatch> {
    const next = await this.#openState(this.#readInto, this.#shape)
    const differences: Differences = { former: this.#former, fresh: this.#fresh, next, codec: this.#codec }
    let lines: string[] = []
    try {
      for await (const line of compareStates(differences)) {
        lines.push(line)
        if (lines.length < batchRows) continue
        yield toBatch(lines)
        lines = []
      }
      if (lines.length > 0) yield toBatch(lines)
    } finally {
      await next.close()
    }
  }

  /**
   * Remembers this state, once the registry has applied it. The order matters: a crash at any point leaves either a
   * state that fits its files, or none.
   */
  async keep(state: SyncedState): Promise<void> {
    if (this.#shape.records > slack * this.#shape.rows) await this.#compact()
    await rm(this.#path('synced.json'), { force: true })
    if (this.#readInto === 'next') {
      await rm(this.#path('current'), { recursive: true, force: true })
      await rename(this.#path('next'), this.#path('current'))
    }
    const kept: KeptState = { ...state, version: stateVersion, shape: this.#shape }
    await remember(this.#path('synced.json'), JSON.stringify(kept))
    await deleteOtherRecords(this.#folder, this.#shape.generation)
    await Promise.all(
      ['former', 'fresh'].map((name) => rm(this.#path(name), { recursive: true, force: true })),
    )
  }

  /** Writes the records in use into a file of their own, and the state that points to them. */
  async #compact(): Promise<void> {
    const { size: recordSize } = this.#codec
    const state = await this.#openState(this.#readInto, this.#shape)
    // Out of the way of the writer, which begins with an empty folder; a crash may have left the last one there.
    await rm(this.#path('compacted'), { recursive: true, force: true })
    await rename(this.#path(this.#readInto), this.#path('compacted'))
    const newest = this.#shape.generation
    const writer = await StateWriter.begin(this.#folder, StateReader.nothing(recordSize), {
      recordSize,
      newest,
    })
    try {
      for (let from = 0; from < state.rows; from += batchRows) {
        const digests = await state.readDigests(from, from + batchRows)
        const records = await state.readRecordsOf(from, from + batchRows)
        await writer.add(digests, new Uint32Array(records.length / recordSize).fill(added), records)
      }
    } finally {
      this.#readInto = await writer.finish()
      this.#shape = writer.shape
      await state.close()
    }
    await rm(this.#path('compacted'), { recursive: true })
  }

  /** Reads the source, remembering every row, and gives the chunks in order. */
  async *#read(source: Source<SourceRows[Kind]>, state: StateReader): AsyncIterable<RememberedChunk> {
    const matcher = new Matcher(state)
    const pool = new EncoderPool(this.#settings)
    const chunks = cutChunks(this.#kind, source, { matcher, pool })
    const { size: recordSize } = this.#codec
    const newest = (await this.#readSynced())?.shape.generation ?? 0
    const writer = await StateWriter.begin(this.#folder, state, { recordSize, newest })
    const complete = (chunk: Chunk) => this.#complete(chunk, pool, state)
    async function* pieces(): AsyncIterable<() => Promise<RememberedChunk>> {
      for await (const chunk of chunks) yield () => complete(chunk)
    }
    try {
      for await (const chunk of inOrder(pieces(), pool.width)) {
        const { recordPlaces, passed } = chunk
        if (recordPlaces) await writer.add(chunk.digests, recordPlaces, chunk.encoded.records)
        else await writer.addKnown(passed.from, passed.to)
        this.#shape = writer.shape
        yield chunk
      }
      // What is remembered beyond the last row that was found has ended.
      for (const chunk of passedRows(matcher.cursor, state.rows)) yield await complete(chunk)
    } finally {
      this.#readInto = await writer.finish()
      this.#shape = writer.shape
      await pool.close()
    }
  }

  async #complete(chunk: Chunk, pool: EncoderPool, state: StateReader): Promise<RememberedChunk> {
    const { rows, passed, unfound, places } = chunk
    // All there, in order, and nothing else: as on most chunks of most days.
    if (unfound.length === 0 && passed.to - passed.from === rows)
      return { ...chunk, recordPlaces: undefined, encoded: nothingEncoded, gone: Buffer.alloc(0) }
    const [encoded, known] = await Promise.all([
      unfound.length > 0 ? pool.encode(unfound) : nothingEncoded,
      state.readPlaces(passed.from, passed.to),
    ])
    const recordPlaces = new Uint32Array(rows).fill(added)
    const left: number[] = []
    let next = passed.from
    const leave = (to: number) => {
      for (; next < to; next++) left.push(known[next - passed.from] as number)
    }
    for (let row = 0; row < rows; row++) {
      const place = places[row] as number
      if (place === notFound) continue
      leave(place)
      recordPlaces[row] = known[place - passed.from] as number
      next = place + 1
    }
    leave(passed.to)
    return { ...chunk, recordPlaces, encoded, gone: await state.readRecords(Uint32Array.from(left)) }
  }

  #openState(name: StateName, shape: StateShape | undefined): Promise<StateReader> {
    return StateReader.open(this.#folder, name, { shape, recordSize: this.#codec.size })
  }

  async #readSynced(): Promise<KeptState | undefined> {
    try {
      const kept = JSON.parse(await readFile(this.#path('synced.json'), 'utf8')) as KeptState
      if (kept.version !== stateVersion) return undefined
      const state = { shape: kept.shape, recordSize: this.#codec.size }
      return (await isWhole(this.#folder, 'current', state)) ? kept : undefined
    } catch {
      return undefined
    }
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }
}

function custodiansOf({ kind, sealing }: Pick<EncodeSettings, 'kind' | 'sealing'>): number {
  return kind === 'subscribers' ? (sealing?.custodians.length ?? 0) : 0
}

const nothingEncoded = {
  lines: new Uint8Array(),
  records: new Uint8Array(),
  rows: 0,
  rejected: 0,
  faults: [],
}

function toBatch(lines: readonly string[]): LineBatch {
  return {
    lines: Buffer.from(lines.join(''), 'latin1'),
    rows: lines.length,
    rejected: lines.filter((line) => line.startsWith('!')).length,
  }
}
