import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ListPosition, listStart } from '@pcbs/sdk'
import { type ListChange, nextHead } from '@pcbs/seal'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeBatch, encodeJournalHeader, readJournal } from './journal.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-journal-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A history of so many changes, with the place after each. */
function historyOf(count: number): { changes: ListChange[]; places: ListPosition[] } {
  const places: ListPosition[] = [listStart]
  let head: Buffer = Buffer.from(listStart.head, 'hex')
  const changes = Array.from({ length: count }, (_, index): ListChange => {
    const change: ListChange = {
      seq: index + 1,
      atMs: index,
      imei: String(35_209_900_176_000 + index),
      status: 'PROHIBITED',
      exceptions: [],
    }
    head = nextHead(head, change)
    places.push({ seq: change.seq, head: head.toString('hex') })
    return change
  })
  return { changes, places }
}

test('of a journal with any byte changed, a beginning is believed that ends with a whole batch', async () => {
  const path = join(folder, 'list.journal')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (batches, pick, flip) => {
        const { changes, places } = historyOf(batches.reduce((sum, size) => sum + size, 0))
        let seq = 0
        const ends = [0]
        const written = batches.map((size) => {
          const batch = changes.slice(seq, seq + size)
          seq += size
          ends.push(seq)
          return encodeBatch(batch, places[seq] as ListPosition)
        })
        const bytes = Buffer.concat([encodeJournalHeader(listStart), ...written])
        const where = pick % bytes.length
        bytes[where] = (bytes[where] as number) ^ flip
        await writeFile(path, bytes)
        const journal = await readJournal(path)
        const { changes: read, position } = journal.changesAfter(listStart)
        expect(ends).toContain(position.seq)
        expect(position).toEqual(places[position.seq])
        expect(read).toEqual(changes.slice(0, position.seq))
        // What is written next begins behind what is believed.
        const ending = ends.indexOf(position.seq)
        const believed = Buffer.concat([encodeJournalHeader(listStart), ...written.slice(0, ending)])
        if (journal.from) expect(journal.bytes).toBe(believed.length)
      },
    ),
  )
})

test('a journal leads from a place in its own history to another, and from no other', async () => {
  const path = join(folder, 'between.journal')
  const { changes, places } = historyOf(10)
  const bytes = Buffer.concat([
    encodeJournalHeader(listStart),
    encodeBatch(changes, places[10] as ListPosition),
  ])
  await writeFile(path, bytes)
  const journal = await readJournal(path)
  const [three, seven] = [places[3] as ListPosition, places[7] as ListPosition]
  expect(journal.changesBetween(three, seven)).toEqual(changes.slice(3, 7))
  expect(journal.changesBetween(seven, three)).toBeUndefined()
  const forked = { seq: 3, head: '11'.repeat(32) }
  expect(journal.changesBetween(forked, seven)).toBeUndefined()
  expect(journal.changesAfter(forked)).toEqual({ changes: [], position: forked })
})
