import { readFile } from 'node:fs/promises'
import { PhoneTable } from '@pcbs/core'
import { listedImei } from '@pcbs/dev-nation'
import { openSnapshot } from '@pcbs/seal'

/** One structure in a process of its own: how much the process grows, how long it takes to fill, and to look up. */
const [structure = '', count = '0', snapshotFile = ''] = process.argv.slice(2)
const entries = Number(count)
const lookups = 4_000_000

/** What was filled, ready to be asked. */
type Has = (imei: number) => boolean

async function fillTable(): Promise<Has> {
  const opened = openSnapshot(await readFile(snapshotFile))
  if (!opened) throw new Error('the snapshot is damaged')
  const table = PhoneTable.withRoomFor(opened.header.phones)
  for (const reader = opened.readPhones(); reader.next(); )
    table.set(reader.imei, reader.isTracking ? 'TRACKING' : 'PROHIBITED')
  return (imei) => table.get(imei) !== undefined
}

function fillSet(): Has {
  const set = new Set<number>()
  for (let index = 0; index < entries; index++) set.add(Number(listedImei(index)))
  return (imei) => set.has(imei)
}

function settledBytes(): number {
  for (let pass = 0; pass < 3; pass++) globalThis.gc?.()
  return process.memoryUsage.rss()
}

/** Half of them listed, in no order that a cache could guess. */
const asked = Float64Array.from({ length: 1_000_000 }, (_, index) => {
  const place = Math.floor((((index * 2654435761) % 4294967296) / 4294967296) * entries)
  return 35_000_000_000_000 + place * 1_009 + (index % 2)
})

function measureLookups(has: Has): { readonly nsPerLookup: number; readonly found: number } {
  let found = 0
  const ask = (times: number) => {
    for (let index = 0; index < times; index++) if (has(asked[index % asked.length] as number)) found += 1
  }
  ask(asked.length)
  found = 0
  const startedMs = performance.now()
  ask(lookups)
  return { nsPerLookup: ((performance.now() - startedMs) * 1e6) / lookups, found }
}

const beforeBytes = settledBytes()
const startedMs = performance.now()
try {
  const has = structure === 'table' ? await fillTable() : fillSet()
  const loadMs = performance.now() - startedMs
  const { nsPerLookup, found } = measureLookups(has)
  const bytesPerEntry = (settledBytes() - beforeBytes) / entries
  if (found !== lookups / 2) throw new Error(`found ${found} of ${lookups / 2}`)
  process.stdout.write(JSON.stringify({ bytesPerEntry, nsPerLookup, loadMs }))
} catch (error) {
  if (!(error instanceof RangeError)) throw error
  process.stdout.write(JSON.stringify({ cannot: error.message }))
}
