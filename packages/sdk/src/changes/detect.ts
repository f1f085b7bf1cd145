import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchRows, type EncodeSettings, type LineBatch } from '../encoding/batch-encoder.ts'
import { EncoderPool } from '../encoding/encoder-pool.ts'
import { inOrder } from '../encoding/in-order.ts'
import type { Source } from '../feeds/row-batches.ts'
import type { FeedKind, SourceRows } from '../feeds/source-rows.ts'
import { type Chunk, cutChunks } from './chunks.ts'
import { compareStates, type Differences } from './compare.ts'
import { Matcher, notFound } from './matcher.ts'
import { RecordCodec } from './record.ts'
import { Spill } from './spill.ts'
import { isWhole, StateReader, StateWriter } from './state-files.ts'

/** What the registry has of a telco, as the adapter remembers it. */
export interface SyncedState {
  /** Number of the feed that brought it there. */
  readonly feed: number
  /** Epoch of the key under which its tokens were made. */
  readonly epoch: number
  /** The collection policy it was made by. */
  readonly policyVersion: number
}

/** How rows are remembered; a state of another version is as good as none. */
const stateVersion = 2

/** What detection works with: {@link EncodeSettings}, and where and under which key it remembers. */
export interface DetectorSettings extends EncodeSettings {
  readonly stateKey: Uint8Array
  /** The adapter's state folder; each kind of feed has its own below it. */
  readonly folder: string
}

/** A chunk with all of its rows' records. */
interface RememberedChunk extends Chunk {
  /** `undefined` where the chunk is what it passed, so that its records lie there. */
  readonly records: Buffer | undefined
  readonly encoded: LineBatch
  /** Records that the chunk passed and that are none of its rows. */
  readonly gone: readonly Buffer[]
}

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
  #readInto: 'current' | 'next' = 'next'
  /** Rows that the source held. */
  rows = 0

  constructor(settings: DetectorSettings & { readonly kind: Kind }) {
    this.#kind = settings.kind
    this.#settings = settings
    this.#folder = join(settings.folder, settings.kind)
    this.#codec = new RecordCodec(settings.kind, settings.stateKey, custodiansOf(settings))
    this.#former = new Spill(this.#path('former'))
    this.#fresh = new Spill(this.#path('fresh'))
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
    const next = await this.#openState(this.#readInto, this.rows)
    try {
      for (let from = 0; from < next.rows; from += batchRows)
        yield toBatch(this.#codec.linesOf('+', await next.readRecords(from, from + batchRows)))
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
    const current = await this.#openState('current', synced?.rows ?? 0)
    try {
      for await (const { gone, places, records } of this.#read(source, current)) {
        onRows(this.rows)
        for (const record of gone) await this.#former.add(this.#codec.keyOf(record), record)
        for (let row = 0; row < places.length; row++) {
          if (!records || places[row] !== notFound) continue
          const record = recordAt(records, row, this.#codec.size)
          await this.#fresh.add(this.#codec.keyOf(record), record)
        }
      }
    } finally {
      await current.close()
    }
  }

  /** The lines of a delta, the same in the same order however often they are asked for. */
  async *changes(): AsyncIterable<LineBatch> {
    const next = await this.#openState(this.#readInto, this.rows)
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
    await rm(this.#path('synced.json'), { force: true })
    if (this.#readInto === 'next') {
      await rm(this.#path('current'), { recursive: true, force: true })
      await rename(this.#path('next'), this.#path('current'))
    }
    await writeFile(
      this.#path('synced.json.new'),
      JSON.stringify({ ...state, version: stateVersion, rows: this.rows }),
      {
        flush: true,
        mode: 0o600,
      },
    )
    await rename(this.#path('synced.json.new'), this.#path('synced.json'))
    await Promise.all(
      ['former', 'fresh'].map((name) => rm(this.#path(name), { recursive: true, force: true })),
    )
  }

  /** Reads the source, remembering every row, and gives the chunks in order. */
  async *#read(source: Source<SourceRows[Kind]>, state: StateReader): AsyncIterable<RememberedChunk> {
    const matcher = new Matcher(state)
    const pool = new EncoderPool(this.#settings)
    const chunks = cutChunks(this.#kind, source, { matcher, pool })
    const writer = await StateWriter.begin(this.#path('next'), state)
    const complete = (chunk: Chunk) => this.#complete(chunk, pool, state)
    async function* pieces(): AsyncIterable<() => Promise<RememberedChunk>> {
      for await (const chunk of chunks) yield () => complete(chunk)
    }
    try {
      for await (const chunk of inOrder(pieces(), pool.width)) {
        if (chunk.records) await writer.add(chunk.digests, chunk.records)
        else await writer.addKnown(chunk.passed.from, chunk.passed.to)
        this.rows = writer.rows
        yield chunk
      }
      // What is remembered beyond the last row that was found has ended.
      for (let from = matcher.cursor; from < state.rows; from += batchRows)
        yield await this.#complete(emptyChunk(from, Math.min(from + batchRows, state.rows)), pool, state)
    } finally {
      this.#readInto = (await writer.finish()) ? 'current' : 'next'
      await pool.close()
    }
  }

  async #complete(chunk: Chunk, pool: EncoderPool, state: StateReader): Promise<RememberedChunk> {
    const { rows, passed, unfound, places } = chunk
    const { size } = this.#codec
    // All there, in order, and nothing else: as on most chunks of most days.
    if (unfound.length === 0 && passed.to - passed.from === rows)
      return { ...chunk, records: undefined, encoded: nothingEncoded, gone: [] }
    const [encoded, old] = await Promise.all([
      unfound.length > 0 ? pool.encode(unfound) : nothingEncoded,
      state.readRecords(passed.from, passed.to),
    ])
    const records = Buffer.allocUnsafe(rows * size)
    const gone: Buffer[] = []
    const leave = (from: number, to: number) => {
      for (let place = from; place < to; place++) gone.push(recordAt(old, place - passed.from, size))
    }
    let [next, fresh] = [passed.from, 0]
    for (let row = 0; row < rows; ) {
      const place = places[row] as number
      if (place === notFound) {
        records.set(recordAt(encoded.records, fresh, size), row * size)
        fresh += 1
        row += 1
        continue
      }
      leave(next, place)
      // Unchanged rows stand in long runs, as they did before.
      let run = 1
      while (row + run < rows && places[row + run] === place + run) run += 1
      const from = (place - passed.from) * size
      records.set(old.subarray(from, from + run * size), row * size)
      row += run
      next = place + run
    }
    leave(next, passed.to)
    return { ...chunk, records, encoded, gone }
  }

  #openState(name: 'current' | 'next', rows: number): Promise<StateReader> {
    return StateReader.open(this.#path(name), rows, this.#codec.size)
  }

  async #readSynced(): Promise<(SyncedState & { readonly rows: number }) | undefined> {
    try {
      const synced = JSON.parse(await readFile(this.#path('synced.json'), 'utf8'))
      if (synced.version !== stateVersion) return undefined
      return (await isWhole(this.#path('current'), synced.rows, this.#codec.size)) ? synced : undefined
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

const nothingEncoded = { lines: new Uint8Array(), records: new Uint8Array(), rows: 0, rejected: 0 }

function emptyChunk(from: number, to: number): Chunk {
  return { rows: 0, digests: Buffer.alloc(0), places: new Int32Array(), passed: { from, to }, unfound: [] }
}

function recordAt(records: Uint8Array, index: number, size: number): Buffer {
  return Buffer.from(records.buffer, records.byteOffset + index * size, size)
}

function toBatch(lines: readonly string[]): LineBatch {
  return {
    lines: Buffer.from(lines.join(''), 'latin1'),
    rows: lines.length,
    rejected: lines.filter((line) => line.startsWith('!')).length,
  }
}
