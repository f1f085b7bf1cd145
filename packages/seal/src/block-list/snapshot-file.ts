import { createHash } from 'node:crypto'
import { decodeEntries, encodeEntry, type ListEntry } from './change.ts'

/** A list at rest: what it holds, and the history that it is the outcome of. */
export interface SnapshotFile {
  readonly seq: number
  /** 32 bytes in hex. */
  readonly head: string
  readonly entries: Iterable<ListEntry>
}

const magic = Buffer.from('pcbs-edge-list-1')
const headerBytes = magic.length + 8 + 32 + 32
const entriesPerChunk = 10_000

/**
 * A snapshot's bytes, in chunks:
 * `pcbs-edge-list-1 (16) ‖ seq (8) ‖ head (32) ‖ SHA-256 of the entries (32) ‖ entries`.
 */
export function encodeSnapshotFile({ seq, head, entries }: SnapshotFile): readonly Buffer[] {
  const chunks: Buffer[] = []
  const digest = createHash('sha256')
  let pending: Buffer[] = []
  const flush = () => {
    const chunk = Buffer.concat(pending)
    digest.update(chunk)
    chunks.push(chunk)
    pending = []
  }
  for (const entry of entries) {
    pending.push(encodeEntry(entry))
    if (pending.length === entriesPerChunk) flush()
  }
  flush()
  const sequence = Buffer.alloc(8)
  sequence.writeBigUInt64BE(BigInt(seq))
  return [Buffer.concat([magic, sequence, Buffer.from(head, 'hex'), digest.digest()]), ...chunks]
}

/**
 * Reads a snapshot's bytes, or gives `undefined` where they are damaged or none.
 * @returns the snapshot, and the most entries that it can hold
 */
export function decodeSnapshotFile(bytes: Buffer): (SnapshotFile & { readonly atMost: number }) | undefined {
  if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined
  const digest = bytes.subarray(magic.length + 40, headerBytes)
  const entries = bytes.subarray(headerBytes)
  if (!createHash('sha256').update(entries).digest().equals(digest)) return undefined
  return {
    seq: Number(bytes.readBigUInt64BE(magic.length)),
    head: bytes.toString('hex', magic.length + 8, magic.length + 40),
    entries: decodeEntries(entries),
    // Every entry takes at least 9 bytes.
    atMost: Math.floor(entries.length / 9),
  }
}
