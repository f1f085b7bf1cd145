import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FeedKind, OutgoingRow } from '../feeds/source-rows.ts'
import { BucketWriter, bucketCount, readBucket } from './buckets.ts'
import type { StateLine, StateSealer } from './state-line.ts'

/** What the registry has of a telco, as the adapter remembers it. */
export interface SyncedState {
  /** Number of the feed that brought it there. */
  readonly feed: number
  /** Epoch of the key under which its tokens were made. */
  readonly epoch: number
}

/** A source read to its end, beside what was synced before. */
export interface GatheredState {
  readonly rows: number
  readonly rejected: number
  /** The rows of a delta: what is new or changed, and what is gone, in the same order every time. */
  changes(): AsyncIterable<OutgoingRow>
  /** The rows of a snapshot. */
  everything(): AsyncIterable<OutgoingRow>
  /** Remembers this state, once the registry has applied it. */
  keep(state: SyncedState): Promise<void>
}

/**
 * Finds what changed since the last sync of one kind of feed. Its files hold tokens, sealed IMEIs and keyed digests
 * alone, belong to the telco, and can be deleted at any time: the next sync is then a snapshot.
 */
export class ChangeDetector {
  readonly #kind: FeedKind
  readonly #folder: string
  readonly #sealer: StateSealer

  constructor(kind: FeedKind, folder: string, sealer: StateSealer) {
    this.#kind = kind
    this.#folder = join(folder, kind)
    this.#sealer = sealer
  }

  /** What was synced last, or `undefined` where that is not known. */
  async synced(): Promise<SyncedState | undefined> {
    try {
      return JSON.parse(await readFile(this.#path('synced.json'), 'utf8')) as SyncedState
    } catch {
      return undefined
    }
  }

  /** Reads the source to its end. What an earlier try gathered and did not finish is thrown away. */
  async gather(source: AsyncIterable<StateLine>): Promise<GatheredState> {
    const [kind, sealer] = [this.#kind, this.#sealer]
    const [current, next] = [this.#path('current'), this.#path('next')]
    await rm(next, { recursive: true, force: true })
    const writer = await BucketWriter.begin(next)
    let [rows, rejected] = [0, 0]
    for await (const line of source) {
      rows += 1
      if (line.key.startsWith('!')) rejected += 1
      await writer.add(line)
    }
    await writer.flush()

    async function* changesSince(folder: string): AsyncIterable<OutgoingRow> {
      for (let bucket = 0; bucket < bucketCount; bucket++) {
        const before = await readBucket(folder, bucket, kind)
        const after = await readBucket(next, bucket, kind)
        for (const [key, value] of before) {
          const row = after.has(key) ? undefined : sealer.lineOf({ mark: '-', key, value })
          if (row) yield row
        }
        for (const [key, value] of after) {
          const row = before.get(key) === value ? undefined : sealer.lineOf({ mark: '+', key, value })
          if (row) yield row
        }
      }
    }

    return {
      rows,
      rejected,
      changes: () => changesSince(current),
      everything: () => changesSince(this.#path('nothing')),
      keep: (state) => this.#keep(state),
    }
  }

  /** The order matters: a crash at any point leaves either a state that fits its files, or none. */
  async #keep(state: SyncedState): Promise<void> {
    await rm(this.#path('synced.json'), { force: true })
    await rm(this.#path('current'), { recursive: true, force: true })
    await rename(this.#path('next'), this.#path('current'))
    await writeFile(this.#path('synced.json.new'), JSON.stringify(state), { flush: true, mode: 0o600 })
    await rename(this.#path('synced.json.new'), this.#path('synced.json'))
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }
}
