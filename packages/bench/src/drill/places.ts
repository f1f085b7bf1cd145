import { execFile } from 'node:child_process'
import { type FileHandle, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withClient } from '@pcbs/dev-nation'
import { to as copyTo } from 'pg-copy-streams'
import type { Finder } from './finder.ts'

/** Somewhere that may hold what it must not. Looks through all of it. */
export type Place = (finder: Finder) => Promise<void>

/** Bytes read at a time, and how far two readings overlap: more than any form of an identifier is long. */
const pieceBytes = 1024 * 1024
const overlap = 512

/** Every file below these folders. */
export function files(...folders: readonly string[]): Place {
  return async (finder) => {
    for (const folder of folders) {
      if (!(await stat(folder).catch(() => undefined))) continue
      for (const item of await readdir(folder, { recursive: true, withFileTypes: true }))
        if (item.isFile()) await searchFile(finder, join(item.parentPath, item.name))
    }
  }
}

async function searchFile(finder: Finder, path: string): Promise<void> {
  const file = await open(path).catch(() => undefined)
  // Temporary files of a running system come and go.
  if (!file) return
  try {
    const piece = Buffer.alloc(pieceBytes + overlap)
    for (let position = 0; ; position += pieceBytes) {
      const { bytesRead } = await file.read(piece, 0, piece.length, position)
      finder.search(piece.subarray(0, bytesRead))
      if (bytesRead <= pieceBytes) return
    }
  } finally {
    await file.close()
  }
}

/** Every table of a database as it would be dumped. */
export function dump(url: string): Place {
  return (finder) =>
    withClient(url, async (database) => {
      const { rows } = await database.query<{ name: string }>(`
        SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
      for (const { name } of rows) {
        const copy = database.query(copyTo(`COPY (SELECT * FROM ${name}) TO STDOUT`))
        let rest: Buffer = Buffer.alloc(0)
        for await (const chunk of copy as AsyncIterable<Buffer>) {
          const bytes = Buffer.concat([rest, chunk])
          finder.search(bytes)
          rest = bytes.subarray(-overlap)
        }
      }
    })
}

const pageBytes = 4096
/** Bytes of the kernel's note on each page; the top two bits of it say that the page is in memory or swapped out. */
const noteBytes = 8
const presentBits = 0xc0

/** Everything a process has in memory, as its core image would hold it; `undefined` where the system shows it to nobody. */
export async function memoryOf(pid: number): Promise<Place | undefined> {
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1').catch(() => undefined)
  const [memory, notes] = await Promise.all([
    open(`/proc/${pid}/mem`).catch(() => undefined),
    open(`/proc/${pid}/pagemap`).catch(() => undefined),
  ])
  if (maps === undefined || !memory || !notes) return undefined
  return async (finder) => {
    for (const [, from = '', to = ''] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) r.*$/gm)) {
      const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)]
      // The kernel's own pages lie where numbers are no longer exact.
      if (end > Number.MAX_SAFE_INTEGER) continue
      for await (const [first, last] of presentPages(notes, start, end))
        await searchRange(finder, memory, first, last)
    }
    await memory.close()
    await notes.close()
  }
}

/** Runs of pages that were ever written to, by address. */
async function* presentPages(
  notes: FileHandle,
  start: number,
  end: number,
): AsyncIterable<readonly [number, number]> {
  const piece = Buffer.alloc(1024 * 1024)
  let runFrom: number | undefined
  for (let at = start; at < end; ) {
    const wanted = Math.min(piece.length, ((end - at) / pageBytes) * noteBytes)
    const { bytesRead } = await notes.read(piece, 0, wanted, (at / pageBytes) * noteBytes)
    if (bytesRead === 0) break
    for (let note = 0; note < bytesRead; note += noteBytes, at += pageBytes) {
      const isPresent = ((piece[note + noteBytes - 1] as number) & presentBits) !== 0
      if (isPresent) runFrom ??= at
      else if (runFrom !== undefined) {
        yield [runFrom, at]
        runFrom = undefined
      }
    }
  }
  if (runFrom !== undefined) yield [runFrom, end]
}

async function searchRange(finder: Finder, file: FileHandle, from: number, to: number): Promise<void> {
  const piece = Buffer.alloc(pieceBytes + overlap)
  for (let at = from; at < to; at += pieceBytes) {
    const { bytesRead } = await file
      .read(piece, 0, Math.min(piece.length, to - at), at)
      .catch(() => ({ bytesRead: 0 }))
    finder.search(piece.subarray(0, bytesRead))
  }
}

/** A base backup of a running server, as its low-level protocol takes one. */
export function baseBackup(url: string, dataFolder: string, target: string): Place {
  return async (finder) => {
    await withClient(url, async (database) => {
      await database.query("SELECT pg_backup_start('drill', true)")
      await new Promise<void>((resolve, reject) => {
        execFile('cp', ['-rL', dataFolder, target], (error) => (error ? reject(error) : resolve()))
      })
      await database.query('SELECT pg_backup_stop(false)')
    })
    await files(target)(finder)
    await rm(target, { recursive: true })
    await rm(dirname(target), { recursive: true })
  }
}
