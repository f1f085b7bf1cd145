import { readFile } from 'node:fs/promises'
import type { ListPosition } from '@pcbs/sdk'
import { decodeChange, encodeChange, type ListChange, nextHead } from '@pcbs/seal'

const magic = Buffer.from('PCBSJRN2')
const headerBytes = magic.length + 8 + 32

/** A journal's beginning: `PCBSJRN2 ‖ seq (8) ‖ head (32)`, the place in the history that its changes follow. */
export function encodeJournalHeader({ seq, head }: ListPosition): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  magic.copy(bytes)
  bytes.writeBigUInt64BE(BigInt(seq), 8)
  bytes.write(head, 16, 32, 'hex')
  return bytes
}

/**
 * Changes as a journal has them: for each `length (2) ‖ whether a head follows (1) ‖ change`, the last of the batch with
 * the head (32) that was signed: what a crash cut off is told by it, and what was damaged.
 */
export function encodeBatch(changes: readonly ListChange[], reached: ListPosition): Buffer {
  const records = changes.flatMap((change, index) => {
    const isLast = index === changes.length - 1
    const bytes = encodeChange(change)
    const prefix = Buffer.alloc(3)
    prefix.writeUInt16BE(bytes.length)
    prefix[2] = isLast ? 1 : 0
    return isLast ? [prefix, bytes, Buffer.from(reached.head, 'hex')] : [prefix, bytes]
  })
  return Buffer.concat(records)
}

/** What a journal still says. */
export class Journal {
  /** Where it begins; `undefined` where it is missing or damaged from its beginning. */
  readonly from: ListPosition | undefined
  /** Length of what can be believed: what is written next begins there. */
  readonly bytes: number
  readonly #changes: readonly ListChange[]
  /** The head after each change. */
  readonly #heads: readonly string[]

  constructor(
    from: ListPosition | undefined,
    bytes: number,
    changes: readonly ListChange[] = [],
    heads: readonly string[] = [],
  ) {
    this.from = from
    this.bytes = bytes
    this.#changes = changes
    this.#heads = heads
  }

  /** Whether it leads through a place in the history. */
  leadsThrough(place: ListPosition): boolean {
    return this.#indexAfter(place) !== undefined
  }

  /** The changes after a place in the history, and where they lead; none where the journal tells another history. */
  changesAfter(place: ListPosition): {
    readonly changes: readonly ListChange[]
    readonly position: ListPosition
  } {
    const index = this.#indexAfter(place)
    if (index === undefined) return { changes: [], position: place }
    const last = this.#changes.at(-1)
    const head = this.#heads.at(-1)
    if (index >= this.#changes.length || !last || !head) return { changes: [], position: place }
    return { changes: this.#changes.slice(index), position: { seq: last.seq, head } }
  }

  /** The changes between two places, or `undefined` where it does not lead from the one to the other. */
  changesBetween(from: ListPosition, to: ListPosition): readonly ListChange[] | undefined {
    const [begin, end] = [this.#indexAfter(from), this.#indexAfter(to)]
    return begin === undefined || end === undefined || end < begin
      ? undefined
      : this.#changes.slice(begin, end)
  }

  /** Index of the first change after a place that this journal leads through. */
  #indexAfter({ seq, head }: ListPosition): number | undefined {
    if (!this.from) return undefined
    const index = seq - this.from.seq
    const headThere = index === 0 ? this.from.head : this.#heads[index - 1]
    return headThere === head ? index : undefined
  }
}

/** Reads a journal as far as it can be believed. */
export async function readJournal(path: string): Promise<Journal> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic))
    return new Journal(undefined, 0)
  const from: ListPosition = { seq: Number(bytes.readBigUInt64BE(8)), head: bytes.toString('hex', 16, 48) }
  const [changes, heads]: [ListChange[], string[]] = [[], []]
  let head: Buffer = Buffer.from(from.head, 'hex')
  let [at, good, believed] = [headerBytes, headerBytes, 0]
  while (at + 3 <= bytes.length) {
    const hasHead = bytes[at + 2] === 1
    const changeEnd = at + 3 + bytes.readUInt16BE(at)
    const end = changeEnd + (hasHead ? 32 : 0)
    const change = end <= bytes.length ? decodeChange(bytes.subarray(at + 3, changeEnd)) : undefined
    if (!change || change.seq !== from.seq + changes.length + 1) break
    head = nextHead(head, change)
    if (hasHead && !head.equals(bytes.subarray(changeEnd, end))) break
    changes.push(change)
    heads.push(head.toString('hex'))
    at = end
    if (hasHead) [good, believed] = [end, changes.length]
  }
  return new Journal(from, good, changes.slice(0, believed), heads.slice(0, believed))
}
