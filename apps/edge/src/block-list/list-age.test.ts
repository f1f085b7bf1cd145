import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ListAge } from './list-age.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-list-age-'))
})
afterEach(() => rm(folder, { recursive: true }))

const now = 1_800_000_000_000

test('the age of the list is known after a restart, to ten seconds and never too young', async () => {
  const age = await ListAge.open(folder, undefined)
  expect(age.at(now)).toBeUndefined()
  for (let second = 0; second < 35; second++) {
    age.current(now + second * 1000, 7)
    await age.save()
  }
  expect(age.at(now + 34_000)).toBe(0)
  const again = await ListAge.open(folder, { seq: 7, fromMs: now - 86_400_000 })
  expect(again.at(now + 34_000)).toBe(4)
  await age.save({ isLast: true })
  expect((await ListAge.open(folder, { seq: 9, fromMs: 1 })).at(now + 34_000)).toBe(0)
})

test('says whether it was written, so that a disk that was not asked is not taken for one that works', async () => {
  const age = await ListAge.open(folder, undefined)
  expect(await age.save()).toBe(false)
  age.current(now, 7)
  expect([await age.save(), await age.save({ isLast: true })]).toEqual([true, false])
  age.current(now + 5000, 7)
  expect([await age.save(), await age.save({ isLast: true })]).toEqual([false, true])
})

test('a folder without it, or with it damaged, has the age of its files; one without a list has none', async () => {
  const found = { seq: 7, fromMs: now - 5000 }
  expect((await ListAge.open(folder, found)).at(now)).toBe(5)
  await writeFile(join(folder, 'list.current'), '12x')
  expect((await ListAge.open(folder, found)).at(now)).toBe(5)
  await writeFile(join(folder, 'list.current'), `7 ${now}\n`)
  expect((await ListAge.open(folder, undefined)).at(now)).toBeUndefined()
  // A clock that was set back makes no age below nothing.
  expect((await ListAge.open(folder, { seq: 7, fromMs: now })).at(now - 1000)).toBe(0)
})

test('what was said of a list of which the disk lost the end is not said of what is left', async () => {
  const age = await ListAge.open(folder, undefined)
  age.current(now, 12)
  await age.save({ isLast: true })
  expect((await ListAge.open(folder, { seq: 11, fromMs: now - 60_000 })).at(now)).toBe(60)
  expect((await ListAge.open(folder, { seq: 12, fromMs: now - 60_000 })).at(now)).toBe(0)
})
