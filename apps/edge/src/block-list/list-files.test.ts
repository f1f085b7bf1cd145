import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ListPosition, ListSnapshot } from '@pcbs/sdk'
import { encodeSnapshot, type ListChange, nextHead, openSnapshot } from '@pcbs/seal'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EdgeList } from './edge-list.ts'
import { type EdgeListCopy, openListFiles } from './list-files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-list-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

const imeiOf = (seq: number) => 35_209_900_176_000 + seq

/** A history in which each change blocks another phone, with the place after each. */
function historyOf(count: number): { changes: ListChange[]; places: ListPosition[] } {
  const places: ListPosition[] = [{ seq: 0, head: '00'.repeat(32) }]
  let head: Buffer = Buffer.alloc(32)
  const changes = Array.from({ length: count }, (_, index): ListChange => {
    const seq = index + 1
    const change: ListChange = {
      seq,
      atMs: 0,
      imei: String(imeiOf(seq)),
      status: 'PROHIBITED',
      exceptions: [],
    }
    head = nextHead(head, change)
    places.push({ seq, head: head.toString('hex') })
    return change
  })
  return { changes, places }
}

const { changes, places } = historyOf(30)
const placeAt = (seq: number) => places[seq] as ListPosition

/** The registry's snapshot of a sequence, as a download leaves it. */
async function snapshotAt(seq: number): Promise<ListSnapshot> {
  const list = Array.from({ length: seq }, (_, index) => ({
    imei: imeiOf(index + 1),
    status: 'PROHIBITED' as const,
  }))
  const content = { phones: { count: seq, list }, ranges: [], exceptions: [] }
  const bytes = Buffer.concat([...encodeSnapshot(placeAt(seq), content)])
  const path = join(folder, `list-${seq}-x.download`)
  await writeFile(path, bytes)
  const opened = openSnapshot(bytes)
  if (!opened) throw new Error('it does not open')
  return { path, opened, position: placeAt(seq) }
}

let inForce: EdgeList | undefined
let disk: { failures: string[]; successes: number }
const open = (): Promise<EdgeListCopy> => {
  inForce = undefined
  const threads = {
    async replace(list: EdgeList) {
      inForce = list
    },
    apply: async () => {},
  }
  disk = { failures: [], successes: 0 }
  return openListFiles(folder, threads, 1000, {
    failed: (reason) => disk.failures.push(reason),
    succeeded: () => {
      disk.successes += 1
    },
  })
}

/** The sequences whose phones the list that is in force refuses. */
const refused = () =>
  changes
    .map(({ seq }) => seq)
    .filter((seq) => inForce?.check(imeiOf(seq), undefined, undefined).status === 'PROHIBITED')
const upTo = (seq: number) => Array.from({ length: seq }, (_, index) => index + 1)

/** A copy that began at 5, went on to 12, and began anew from a snapshot at 10. */
async function fill(): Promise<void> {
  const copy = await open()
  await copy.replace(await snapshotAt(5), changes.slice(5, 7), placeAt(7))
  await copy.apply(changes.slice(7, 12), placeAt(12))
  expect(await copy.save?.()).toEqual(placeAt(12))
  await copy.replace(await snapshotAt(10), changes.slice(10, 13), placeAt(13))
  await copy.apply(changes.slice(13, 15), placeAt(15))
  await copy.save?.()
}

async function damage(name: string): Promise<void> {
  const path = join(folder, name)
  const bytes = await readFile(path)
  bytes[70] = (bytes[70] as number) ^ 1
  await writeFile(path, bytes)
}

describe('the list’s files', () => {
  test('make the same list again after any end', async () => {
    await fill()
    const copy = await open()
    expect(copy.position).toEqual(placeAt(15))
    expect(refused()).toEqual(upTo(15))
    expect((await readdir(folder)).toSorted()).toEqual([
      'list-10.snapshot',
      'list-5.snapshot',
      'list.journal',
    ])
  })

  test('make it without the newest snapshot, from the one before and the journal', async () => {
    await fill()
    await damage('list-10.snapshot')
    const copy = await open()
    expect(copy.position).toEqual(placeAt(15))
    expect(refused()).toEqual(upTo(15))
    await copy.apply(changes.slice(15, 16), placeAt(16))
    await copy.save?.()
    expect((await open()).position).toEqual(placeAt(16))
  })

  test('give nothing where no snapshot can be believed, so that everything is asked for again', async () => {
    await fill()
    await damage('list-10.snapshot')
    await damage('list-5.snapshot')
    expect((await open()).position).toBeUndefined()
    expect(inForce).toBeUndefined()
  })

  test('say how far they are on disk, and go on in memory where the disk takes nothing', async () => {
    const copy = await open()
    await copy.replace(await snapshotAt(5), [], placeAt(5))
    // A journal that cannot be written to, as on a full disk.
    await rm(join(folder, 'list.journal'))
    await copy.apply(changes.slice(5, 6), placeAt(6))
    await copy.apply(changes.slice(6, 7), placeAt(7))
    expect(await copy.save?.()).toEqual(placeAt(5))
    expect(disk).toEqual({ failures: ['ENOENT'], successes: 0 })
    expect(copy.position).toEqual(placeAt(7))
    expect(refused()).toEqual(upTo(7))
  })

  test('of another history begin anew, with nothing left of the one before', async () => {
    await fill()
    const copy = await open()
    const healed = await snapshotAt(20)
    const elsewhere = { ...healed, position: { seq: 20, head: '11'.repeat(32) } }
    await copy.replace(elsewhere, [], elsewhere.position)
    expect((await readdir(folder)).toSorted()).toEqual(['list-20.snapshot', 'list.journal'])
    expect(refused()).toEqual(upTo(20))
  })

  test('count the phones, whatever put them on the list or took them off', async () => {
    const copy = await open()
    const release = (seq: number, of: number): ListChange => {
      const status = 'PERMITTED'
      return { seq, atMs: 0, imei: String(imeiOf(of)), status, exceptions: [] }
    }
    // A list that began from nothing: there is no snapshot.
    await copy.replace(undefined, changes.slice(0, 3), placeAt(3))
    expect(copy.phones).toBe(3)
    await copy.save?.()
    expect((await open()).phones).toBe(3)
    await copy.apply(
      [...changes.slice(3, 6), changes[0] as ListChange, release(8, 2), release(9, 20)],
      placeAt(6),
    )
    expect(copy.phones).toBe(5)
    await copy.replace(await snapshotAt(10), [release(11, 3)], placeAt(11))
    expect(copy.phones).toBe(9)
    await copy.apply([release(12, 4), release(13, 4)], placeAt(13))
    expect(copy.phones).toBe(8)
  })

  test('say from when the list is that they hold', async () => {
    expect((await open()).foundFromMs).toBeUndefined()
    const snapshot = await snapshotAt(5)
    await utimes(snapshot.path, 1000, 1000)
    const dated = changes.map((change) => ({ ...change, atMs: 2_000_000 }))
    const copy = await open()
    await copy.replace(snapshot, [], placeAt(5))
    expect((await open()).foundFromMs).toBe(1_000_000)
    const head = nextHead(Buffer.from(placeAt(5).head, 'hex'), dated[5] as ListChange).toString('hex')
    await copy.apply(dated.slice(5, 6), { seq: 6, head })
    await copy.save?.()
    expect((await open()).foundFromMs).toBe(2_000_000)
  })
})
