import { appendFile, mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTroubles } from '../operations/trouble.ts'
import { saveHits } from './deliver.ts'
import { HitQueue, queueLimit } from './hit-queue.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-hits-'))
})
afterEach(() => rm(folder, { recursive: true }))

const hit = (serial: number) => ({
  imei: String(35_209_900_000_000 + serial),
  status: 'PROHIBITED' as const,
  atMs: 0,
})

describe('the hit queue', () => {
  test('keeps what was saved over a crash, and nothing that was delivered', async () => {
    const queue = await HitQueue.open(folder, 'edge-1')
    for (let serial = 0; serial < 10; serial++) queue.add(hit(serial))
    await queue.save()
    await queue.remove(queue.oldest(4))
    queue.add(hit(99))
    // What a crash leaves: an unsaved hit gone, a line cut off.
    await appendFile(join(folder, 'hits.queue'), '{"id":"x","im')
    const again = await HitQueue.open(folder, 'edge-1')
    const left = again.oldest(100).map(({ imei }) => imei)
    expect(left).toEqual(expect.arrayContaining([4, 5, 6, 7, 8, 9].map((serial) => hit(serial).imei)))
    expect(left).not.toContain(hit(99).imei)
    await again.remove(again.oldest(100))
    expect((await HitQueue.open(folder, 'edge-1')).state.waiting).toBe(0)
  })

  test('of a disk that takes nothing is told until something is written, and all of it is written then', async () => {
    const { disk } = openTroubles()
    const queue = await HitQueue.open(folder, 'edge-1')
    const file = join(folder, 'hits.queue')
    await mkdir(file)
    queue.add(hit(1))
    await saveHits({ queue, disk })
    expect(disk.isOn).toBe(true)
    // There is nothing new, and the disk is as it was.
    await saveHits({ queue, disk })
    expect(disk.isOn).toBe(true)
    await rmdir(file)
    await saveHits({ queue, disk })
    expect(disk.isOn).toBe(false)
    expect((await HitQueue.open(folder, 'edge-1')).oldest(10)).toMatchObject([{ imei: hit(1).imei }])
    // A save without anything to save tells nothing of a disk.
    disk.failed('ENOSPC')
    await saveHits({ queue, disk })
    expect(disk.isOn).toBe(true)
  })

  test('under pressure keeps the newest and says how many it gave up', async () => {
    const queue = await HitQueue.open(folder, 'edge-1')
    for (let round = 0; round < 3; round++) {
      for (let serial = 0; serial < queueLimit / 2; serial++) queue.add(hit(round * queueLimit + serial))
      await queue.save()
    }
    expect(queue.state).toEqual({ waiting: queueLimit, dropped: queueLimit / 2, merged: 0 })
    expect(queue.oldest(1)[0]?.imei).toBe(hit(queueLimit).imei)
  })

  test('is not filled by one phone that tries again and again: the others stay', async () => {
    const queue = await HitQueue.open(folder, 'edge-1')
    const others = Array.from({ length: 100 }, (_, serial) => hit(serial))
    for (const other of others) queue.add(other)
    for (let times = 0; times < 2 * queueLimit; times++)
      queue.add({ ...hit(999), imsi: times % 2 === 0 ? 'one token' : 'another', atMs: times })
    await queue.save()
    expect(queue.state).toEqual({ waiting: 102, dropped: 0, merged: 2 * queueLimit - 2 })
    expect(queue.oldest(100).map(({ imei }) => imei)).toEqual(others.map(({ imei }) => imei))
  })
})
