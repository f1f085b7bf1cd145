import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HomeNetwork, RawPairing, RawSubscriber, TimeZone } from '@pcbs/core'
import type { ListEntry, TelcoKey } from '@pcbs/seal'
import { defaultTimeZone } from '../adapter/configuration.ts'
import type { AdapterFactory, ListUpdate, TelcoAdapter } from '../adapter/define-adapter.ts'
import { periodUntil } from '../adapter/sync.ts'
import { RowEncoder } from '../encoding/row-encoder.ts'
import { eachRow } from '../feeds/row-batches.ts'
import type { FeedKind, OutgoingRow, SourceRows } from '../feeds/source-rows.ts'

/** The adapter under test, and how to look behind it. */
export interface ConformanceSubject {
  readonly factory: AdapterFactory
  readonly settings: Readonly<Record<string, string>>
  readonly home: HomeNetwork
  /** Whose days the period is counted in; Kuala Lumpur's where left out. */
  readonly timeZone?: TimeZone
  /** At most this many rows of each kind are read. */
  readonly rowLimit?: number
  /** Folders that the adapter may write to; they are searched for plaintext. */
  readonly writableFolders?: readonly string[]
  /** Reads the block list back from the telco's own systems, so that an adapter does not mark its own work. */
  readonly readList?: () => Promise<ReadonlyMap<string, ListEntry['status']>>
}

/** What came of one check. `skipped` says why it could not be made. */
export interface CheckOutcome {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

/** One promise that an adapter keeps. Throws an error that says how it is broken; returns why it was skipped. */
export interface Check {
  readonly name: string
  run(subject: ConformanceSubject, adapter: TelcoAdapter): Promise<string | undefined>
}

const defaultRowLimit = 10_000
const kinds = ['subscribers', 'pairings'] as const satisfies readonly FeedKind[]
/** A key of this suite alone: nothing that it makes means anything to a registry. */
const key: TelcoKey = { epoch: 1, key: Buffer.alloc(32, 7) }

/** Every check, in order. */
export const conformanceChecks: readonly Check[] = [
  {
    name: 'yields rows of text that parse, or says where a row is unreadable',
    async run(subject, adapter) {
      for (const kind of kinds) {
        const rows = await readRows(subject, adapter, kind)
        const rejected = rows.filter(({ fault }) => fault !== undefined).length
        if (rows.length > 0 && rejected > rows.length / 2)
          throw new Error(
            `${kind}: ${rejected} of ${rows.length} rows are rejected (${describeFaults(rows)})`,
          )
      }
      return undefined
    },
  },
  {
    name: 'sends tokens and no identifier',
    async run(subject, adapter) {
      const identifiers = await readIdentifiers(subject, adapter)
      for (const kind of kinds) {
        const text = (await readRows(subject, adapter, kind)).map(({ line }) => line).join('')
        const leaked = [...identifiers].some((identifier) => text.includes(identifier))
        if (leaked) throw new Error(`${kind}: an identifier stands in a part in clear`)
      }
      return undefined
    },
  },
  {
    name: 'reads the same rows in the same order again, so that a broken sync resumes',
    async run(subject, adapter) {
      for (const kind of kinds) {
        const [first, second] = [
          await readRows(subject, adapter, kind),
          await readRows(subject, adapter, kind),
        ]
        const changed = first.findIndex(({ line }, index) => line !== second[index]?.line)
        if (changed >= 0 || first.length !== second.length)
          throw new Error(`${kind}: row ${changed + 1} differs from one reading to the next; add an ORDER BY`)
      }
      return undefined
    },
  },
  {
    name: 'stops reading when the sync does',
    async run(_subject, adapter) {
      for (const kind of kinds) {
        for await (const _rows of adapter[kind]()) break
      }
      return undefined
    },
  },
  {
    name: 'applies the block list, the same update twice, and takes phones off again',
    async run({ readList }, adapter) {
      if (!adapter.applyList) return 'the adapter takes no block list'
      if (!readList) return 'give readList to look into the telco’s own systems'
      for (const { update, expected } of listStory) {
        await adapter.applyList([update])
        await adapter.applyList([update])
        const found = [...(await readList())].toSorted()
        if (JSON.stringify(found) !== JSON.stringify(expected))
          throw new Error(
            `after a ${update.type} to sequence ${update.seq} the telco’s systems hold something else`,
          )
      }
      return undefined
    },
  },
  {
    name: 'writes no identifier to disk',
    async run(subject, adapter) {
      const { writableFolders = [] } = subject
      if (writableFolders.length === 0) return 'name the folders that the adapter may write to'
      const identifiers = await readIdentifiers(subject, adapter)
      for (const folder of writableFolders) {
        const leak = await findPlaintext(folder, identifiers)
        if (leak) throw new Error(`${leak} holds an identifier in clear`)
      }
      return undefined
    },
  },
]

const [listed, other] = ['35209900176148', '49015420323751'] as const
const entry = (imei: string, status: ListEntry['status']): ListEntry => ({ imei, status, exceptions: [] })

const listStory: readonly { update: ListUpdate; expected: readonly (readonly [string, string])[] }[] = [
  {
    update: { type: 'replace', seq: 1, entries: [entry(listed, 'PROHIBITED')], ranges: [] },
    expected: [[listed, 'PROHIBITED']],
  },
  {
    update: { type: 'change', seq: 2, entry: entry(other, 'PROHIBITED') },
    expected: [
      [listed, 'PROHIBITED'],
      [other, 'PROHIBITED'],
    ],
  },
  {
    update: { type: 'change', seq: 3, entry: entry(listed, 'PERMITTED') },
    expected: [[other, 'PROHIBITED']],
  },
  {
    update: {
      type: 'range',
      seq: 4,
      range: { tacs: { from: '86000000', to: '86000009' }, status: 'TRACKING' },
    },
    expected: [[other, 'PROHIBITED']],
  },
  { update: { type: 'replace', seq: 5, entries: [], ranges: [] }, expected: [] },
]

/** Runs every check, each on an adapter of its own. */
export async function checkAdapter(subject: ConformanceSubject): Promise<readonly CheckOutcome[]> {
  const outcomes: CheckOutcome[] = []
  for (const { name, run } of conformanceChecks) {
    const adapter = await subject.factory({
      settings: subject.settings,
      home: subject.home,
      period: periodUntil(Date.now(), { lookBackDays: 90, timeZone: subject.timeZone ?? defaultTimeZone }),
      signal: new AbortController().signal,
    })
    try {
      const skipped = await run(subject, adapter)
      outcomes.push({ name, outcome: skipped === undefined ? 'passed' : 'skipped', detail: skipped ?? '' })
    } catch (error) {
      outcomes.push({
        name,
        outcome: 'failed',
        detail: error instanceof Error ? error.message : 'it threw no Error',
      })
    } finally {
      await adapter.close?.()
    }
  }
  return outcomes
}

async function readRows(
  subject: ConformanceSubject,
  adapter: TelcoAdapter,
  kind: FeedKind,
): Promise<OutgoingRow[]> {
  const encoder = new RowEncoder(subject.home, key)
  const rows: OutgoingRow[] = []
  for await (const row of eachRow<object>(adapter[kind]())) {
    rows.push(encoder.encode(kind, row as SourceRows[typeof kind]))
    if (rows.length >= (subject.rowLimit ?? defaultRowLimit)) break
  }
  return rows
}

/** Every number and document that the source yields, long enough not to turn up by chance. */
async function readIdentifiers(
  subject: ConformanceSubject,
  adapter: TelcoAdapter,
): Promise<ReadonlySet<string>> {
  const identifiers = new Set<string>()
  for (const kind of kinds) {
    let count = 0
    for await (const row of eachRow<object>(adapter[kind]())) {
      const { msisdn, imsi, nationalId } = row as Partial<RawPairing & RawSubscriber>
      for (const text of [msisdn, imsi, nationalId]) {
        const digits = text?.replaceAll(/\D/g, '') ?? ''
        if (digits.length >= 9) identifiers.add(digits)
      }
      count += 1
      if (count >= (subject.rowLimit ?? defaultRowLimit)) break
    }
  }
  return identifiers
}

async function findPlaintext(folder: string, identifiers: ReadonlySet<string>): Promise<string | undefined> {
  for (const item of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!item.isFile()) continue
    const path = join(item.parentPath, item.name)
    const text = await readFile(path, 'latin1')
    for (const digits of text.match(/\d{9,}/g) ?? []) if (identifiers.has(digits)) return path
  }
  return undefined
}

function describeFaults(rows: readonly OutgoingRow[]): string {
  return [...new Set(rows.flatMap(({ fault }) => (fault ? [`${fault.field} ${fault.code}`] : [])))].join(', ')
}
