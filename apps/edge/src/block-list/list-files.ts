import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { failureCode, type ListCopy, type ListPosition, type ListSnapshot, listStart } from '@pcbs/sdk'
import { type ListChange, openSnapshot } from '@pcbs/seal'
import type { Trouble } from '../operations/trouble.ts'
import { EdgeList } from './edge-list.ts'
import { encodeBatch, encodeJournalHeader, readJournal } from './journal.ts'
import { writeAside } from './write-aside.ts'

/** Where the list is in force: the threads that answer checks. Both return once every one of them answers by it. */
export interface ListInForce {
  replace(list: EdgeList): Promise<void>
  apply(changes: readonly ListChange[]): Promise<void>
}

/** The edge's copy of the list, and how much it holds. */
export interface EdgeListCopy extends ListCopy {
  /** What it began from and what has changed since, for threads that begin later. */
  readonly list: EdgeList
  /** How many phones are on it by name. */
  readonly phones: number
  /**
   * A time, epoch milliseconds, at which the list that was found at the start was the registry's: that of its newest
   * change, or of its snapshot's download. `undefined` where none was found.
   */
  readonly foundFromMs: number | undefined
}

/**
 * The edge's list with its memory on disk, so that it answers from what it knew after any crash: the last two snapshots,
 * as the registry signed them, and a journal of the changes since the elder. A snapshot that was damaged costs nothing:
 * the one before and the journal make the same list. Where both are gone the registry sends everything again.
 * @param renewalChanges with so many phones changed since its snapshot it would rather begin from a newer one
 * @param disk hears whether the disk takes changes
 */
export async function openListFiles(
  folder: string,
  inForce: ListInForce,
  renewalChanges: number,
  disk?: Pick<Trouble, 'failed' | 'succeeded'>,
): Promise<EdgeListCopy> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const journalPath = join(folder, 'list.journal')
  const loaded = await load(folder, journalPath)
  let { list, base, position, journalBytes } = loaded
  let journal: FileHandle | undefined
  /** How far it is on disk, and what is not there yet. */
  let saved = position
  const unsaved: Batch[] = []
  if (position) await inForce.replace(list)

  /**
   * Writes a batch behind what is known to be whole, over what a full disk let in of one before.
   * @returns whether the disk took it
   */
  async function append({ changes, reached }: Batch): Promise<boolean> {
    try {
      journal ??= await open(journalPath, 'r+')
      const bytes = encodeBatch(changes, reached)
      for (let written = 0; written < bytes.length; ) {
        const rest = bytes.length - written
        const { bytesWritten } = await journal.write(bytes, written, rest, journalBytes + written)
        written += bytesWritten
      }
      await journal.datasync()
      journalBytes += bytes.length
      disk?.succeeded()
      return true
    } catch (error) {
      disk?.failed(failureCode(error))
      return false
    }
  }

  /** Keeps a snapshot and the one before, with a journal that leads from that one through it to where it goes now. */
  async function keep(
    snapshot: ListSnapshot | undefined,
    changes: readonly ListChange[],
    reached: ListPosition,
  ): Promise<void> {
    const place = snapshot?.position ?? listStart
    const former = base && (await readJournal(journalPath)).changesBetween(base, place)
    const from = former && base ? base : place
    const all = [...(former ?? []), ...changes]
    if (snapshot) await rename(snapshot.path, snapshotPath(folder, place.seq))
    await journal?.close()
    journal = undefined
    const content = Buffer.concat([encodeJournalHeader(from), encodeBatch(all, reached)])
    await writeAside(journalPath, content)
    journalBytes = content.length
    for (const { seq, path } of await listSnapshots(folder))
      if (seq !== place.seq && seq !== from.seq) await rm(path, { force: true })
    base = place
  }

  return {
    folder,
    get list() {
      return list
    },
    get phones() {
      return list.phones
    },
    foundFromMs: loaded.foundFromMs,
    get position() {
      return position
    },
    get outgrownSnapshot() {
      return list.changed > renewalChanges ? (base?.seq ?? 0) : undefined
    },
    async replace(snapshot, changes, reached) {
      const next = snapshot ? EdgeList.of(snapshot.opened) : new EdgeList()
      for (const change of changes) next.apply(change)
      await keep(snapshot, changes, reached)
      list = next
      await inForce.replace(next)
      position = reached
      saved = reached
      unsaved.length = 0
    },
    async apply(changes, reached) {
      // In force before it is on disk: a phone is refused some milliseconds sooner, and a crash in between
      // only means that the registry sends the change again.
      for (const change of changes) list.apply(change)
      await inForce.apply(changes)
      position = reached
      unsaved.push({ changes, reached })
    },
    async save() {
      while (unsaved[0] && (await append(unsaved[0]))) {
        saved = unsaved[0].reached
        unsaved.shift()
      }
      return saved
    },
  }
}

/** Changes that are in force, and where they lead. */
interface Batch {
  readonly changes: readonly ListChange[]
  readonly reached: ListPosition
}

/** What the disk still knows. */
interface Loaded {
  readonly list: EdgeList
  /** The place of the snapshot that it began from. */
  readonly base: ListPosition | undefined
  /** `undefined` where neither a snapshot nor a journal from the beginning can be believed. */
  readonly position: ListPosition | undefined
  readonly journalBytes: number
  readonly foundFromMs: number | undefined
}

async function load(folder: string, journalPath: string): Promise<Loaded> {
  const journal = await readJournal(journalPath)
  const found = await openNewest(folder)
  const base = found?.base ?? (journal.from?.seq === 0 ? listStart : undefined)
  const list = found?.list ?? new EdgeList()
  if (!base) return { list, base, position: undefined, journalBytes: 0, foundFromMs: undefined }
  const { changes, position } = journal.changesAfter(base)
  for (const change of changes) list.apply(change)
  const foundFromMs = Math.max(found?.writtenMs ?? 0, changes.at(-1)?.atMs ?? 0) || undefined
  const loaded = { list, base, position, foundFromMs }
  if (journal.leadsThrough(base)) return { ...loaded, journalBytes: journal.bytes }
  const begun = encodeJournalHeader(base)
  await writeAside(journalPath, begun)
  return { ...loaded, journalBytes: begun.length }
}

/** A snapshot as it lies on disk, written when it was downloaded. */
interface FoundSnapshot {
  readonly list: EdgeList
  readonly base: ListPosition
  readonly writtenMs: number
}

/** The newest snapshot whose bytes are whole. */
async function openNewest(folder: string): Promise<FoundSnapshot | undefined> {
  for (const { path } of await listSnapshots(folder)) {
    const opened = openSnapshot(await readFile(path))
    if (!opened) continue
    const { seq, head } = opened.header
    const { mtimeMs } = await stat(path)
    return { list: EdgeList.of(opened), base: { seq, head }, writtenMs: mtimeMs }
  }
  return undefined
}

function snapshotPath(folder: string, seq: number): string {
  return join(folder, `list-${seq}.snapshot`)
}

/** Snapshots that were verified when they came, newest first. */
async function listSnapshots(folder: string): Promise<readonly { seq: number; path: string }[]> {
  const names = await readdir(folder)
  return names
    .flatMap((name) => {
      const seq = /^list-([0-9]+)\.snapshot$/.exec(name)?.[1]
      return seq === undefined ? [] : [{ seq: Number(seq), path: join(folder, name) }]
    })
    .toSorted((one, other) => other.seq - one.seq)
}
