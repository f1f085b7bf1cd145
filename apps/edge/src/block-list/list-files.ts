import { type FileHandle, mkdir, open, readFile, rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { ListCopy, ListPosition } from '@pcbs/sdk'
import {
  decodeChange,
  decodeSnapshotFile,
  encodeChange,
  encodeSnapshotFile,
  type ListChange,
  nextHead,
} from '@pcbs/seal'
import type { EdgeList } from './edge-list.ts'

/** After this many changes the snapshot is written anew and the journal starts over. */
const journalLimit = 50_000

/**
 * The edge's list with its memory on disk: a snapshot and a journal of the changes since, so that it answers
 * from what it knew after any crash. A journal record is `length (2) ‖ whether a head follows (1) ‖ change ‖ head`;
 * the last of each batch has the head, and a batch is believed only where the running head confirms it.
 * What is damaged is dropped: the registry sends it again.
 */
export async function openListFiles(list: EdgeList, folder: string): Promise<ListCopy> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const snapshotPath = join(folder, 'list.snapshot')
  const journalPath = join(folder, 'list.journal')
  let position = await loadSnapshot(list, snapshotPath)
  let journaled = 0
  if (position) {
    const replayed = await replayJournal(list, journalPath, position)
    position = replayed.position
    journaled = replayed.changes
  }
  let journal: FileHandle | undefined

  async function writeSnapshot(reached: ListPosition): Promise<void> {
    await writeAside(snapshotPath, encodeSnapshotFile({ ...reached, entries: list.entries() }))
    await journal?.close()
    journal = await open(journalPath, 'w', 0o600)
    journaled = 0
  }

  async function append(changes: readonly ListChange[], reached: ListPosition): Promise<void> {
    journal ??= await open(journalPath, 'a', 0o600)
    const head = Buffer.from(reached.head, 'hex')
    const records = changes.map((change, index) =>
      record(change, index === changes.length - 1 ? head : undefined),
    )
    await journal.appendFile(Buffer.concat(records))
    await journal.datasync()
    journaled += changes.length
  }

  return {
    get position() {
      return position
    },
    async replace(entries, reached) {
      list.replace(entries, entries.length)
      await writeSnapshot(reached)
      position = reached
    },
    async apply(changes, reached) {
      // In force before it is on disk: a phone is refused some milliseconds sooner, and a crash in between
      // only means that the registry sends the change again.
      for (const change of changes) list.apply(change)
      await append(changes, reached)
      position = reached
      if (journaled > journalLimit) await writeSnapshot(reached)
    },
  }
}

/** A journal record; the last of a batch carries the head that was signed. */
function record(change: ListChange, head: Buffer | undefined): Buffer {
  const bytes = encodeChange(change)
  const prefix = Buffer.alloc(3)
  prefix.writeUInt16BE(bytes.length)
  prefix[2] = head ? 1 : 0
  return Buffer.concat(head ? [prefix, bytes, head] : [prefix, bytes])
}

async function replayJournal(
  list: EdgeList,
  path: string,
  from: ListPosition,
): Promise<{ position: ListPosition; changes: number }> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  let position = from
  let head: Buffer = Buffer.from(from.head, 'hex')
  let batch: ListChange[] = []
  let [at, good, count] = [0, 0, 0]
  while (at + 3 <= bytes.length) {
    const length = bytes.readUInt16BE(at)
    const hasHead = bytes[at + 2] === 1
    const end = at + 3 + length + (hasHead ? 32 : 0)
    const change = end <= bytes.length ? decodeChange(bytes.subarray(at + 3, at + 3 + length)) : undefined
    if (!change || change.seq !== position.seq + batch.length + 1) break
    batch.push(change)
    head = nextHead(head, change)
    at = end
    if (!hasHead) continue
    if (!head.equals(bytes.subarray(end - 32, end))) break
    for (const each of batch) list.apply(each)
    good = end
    count += batch.length
    position = { seq: change.seq, head: head.toString('hex') }
    batch = []
  }
  // What a crash left half-written must not stand before what is written next.
  if (good < bytes.length) await truncate(path, good)
  return { position, changes: count }
}

async function loadSnapshot(list: EdgeList, path: string): Promise<ListPosition | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  const snapshot = bytes && decodeSnapshotFile(bytes)
  if (!snapshot) return undefined
  list.replace(snapshot.entries, snapshot.atMost)
  return { seq: snapshot.seq, head: snapshot.head }
}

/** Whole or not at all: written beside, synced, then renamed into place. */
async function writeAside(path: string, content: readonly Buffer[]): Promise<void> {
  const aside = `${path}.new`
  const file = await open(aside, 'w', 0o600)
  try {
    for (const chunk of content) await file.appendFile(chunk)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
}
