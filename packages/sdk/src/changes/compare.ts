import { batchRows } from '../encoding/batch-encoder.ts'
import type { RecordCodec } from './record.ts'
import { type Spill, shares } from './spill.ts'
import type { StateReader } from './state-files.ts'

/** What two readings of a source differ in, and the later reading as a whole. */
export interface Differences {
  /** Records of the earlier reading that were not found again. */
  readonly former: Spill
  /** Records of the later reading that were not known. */
  readonly fresh: Spill
  readonly next: StateReader
  readonly codec: RecordCodec
}

/** Endings held in memory before the later reading is searched for what is left of them. */
const endingsAtOnce = 100_000

/** The lines of a delta. A row that is both ended and sent is first forgotten, then taken anew. */
export async function* compareStates(differences: Differences): AsyncIterable<string> {
  const { former, fresh, codec } = differences
  const endings = new Map<string, Buffer>()
  for (let share = 0; share < shares; share++) {
    const before = byKey(codec, await former.read(share))
    const after = byKey(codec, await fresh.read(share))
    const said: Buffer[] = []
    for (const [key, records] of before) {
      const [record] = records
      if (record && !codec.isReject(record) && !isCovered(codec, records, after.get(key) ?? []))
        endings.set(key, record)
    }
    for (const [key, records] of after) {
      if (endings.has(key)) continue
      const known = before.get(key) ?? []
      said.push(...records.filter((record) => !known.some((each) => each.equals(record))))
    }
    yield* codec.linesOf('+', Buffer.concat(said))
    if (endings.size < endingsAtOnce && share < shares - 1) continue
    yield* codec.linesOf('-', Buffer.concat([...endings.values()]))
    yield* findLeft(differences, endings)
    endings.clear()
  }
}

/** Whether the registry, folding the later records into what it has, comes to have what they alone would give. */
function isCovered(codec: RecordCodec, before: readonly Buffer[], after: readonly Buffer[]): boolean {
  return before.every((former) => after.some((fresh) => codec.covers(former, fresh)))
}

function byKey(codec: RecordCodec, records: Buffer): Map<string, Buffer[]> {
  const found = new Map<string, Buffer[]>()
  for (let at = 0; at < records.length; at += codec.size) {
    const record = records.subarray(at, at + codec.size)
    const key = codec.isReject(record) ? record.toString('latin1') : codec.keyOf(record)
    const known = found.get(key)
    if (known) known.push(record)
    else found.set(key, [record])
  }
  return found
}

/** A source can hold one row twice, as in two spellings of an IMEI: what is left of those that are ended is sent anew. */
async function* findLeft(
  { next, codec }: Differences,
  endings: ReadonlyMap<string, Buffer>,
): AsyncIterable<string> {
  if (endings.size === 0) return
  const marks = new Set(Array.from(endings.values(), (record) => codec.markOf(record, 0)))
  for (let from = 0; from < next.rows; from += batchRows) {
    const records = await next.readRecordsOf(from, from + batchRows)
    for (let at = 0; at < records.length; at += codec.size) {
      if (!marks.has(codec.markOf(records, at))) continue
      const record = records.subarray(at, at + codec.size)
      if (endings.has(codec.keyOf(record))) yield* codec.linesOf('+', record)
    }
  }
}
