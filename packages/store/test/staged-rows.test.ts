import { once } from 'node:events'
import fc from 'fast-check'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { expect, inject, test } from 'vitest'
import {
  copyHeader,
  copyTrailer,
  dayNumber,
  encodeStagedBatch,
  type FeedKind,
  type StagedBatch,
} from '../src/index.ts'

const day = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const token = fc.uint8Array({ minLength: 16, maxLength: 16 })
const tables = {
  subscribers: 'part int, is_ended boolean, subscription uuid, owner_tag smallint, sealed bytea',
  pairings:
    'part int, is_ended boolean, imei uuid, imsi uuid, subscription uuid, first_seen date, last_seen date, rat text',
} as const

/** What PostgreSQL reads out of a batch, every column as text. */
async function copyAndRead(kind: FeedKind, batch: StagedBatch): Promise<(string | null)[][]> {
  const client = new Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await client.query(`CREATE TEMP TABLE staged (${tables[kind]}, place serial)`)
    const columns = tables[kind].replaceAll(/ (int|boolean|uuid|smallint|date|text|bytea)/g, '')
    const copy = client.query(copyFrom(`COPY staged (${columns}) FROM STDIN (FORMAT binary)`))
    copy.end(Buffer.concat([copyHeader, encodeStagedBatch(kind, batch), copyTrailer]))
    await once(copy, 'finish')
    const text = columns
      .split(', ')
      .map((column) => `${column}::text`)
      .join(', ')
    const { rows: read } = await client.query<(string | null)[]>({
      text: `SELECT ${text} FROM staged ORDER BY place`,
      rowMode: 'array',
    })
    return read
  } finally {
    await client.end()
  }
}

const uuid = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

interface Row {
  readonly isEnded: boolean
  readonly tokens: readonly Uint8Array[]
  readonly ownerTag?: number
  readonly firstSeen?: string
  readonly lastSeen?: string
  readonly rat?: string
  readonly sealed?: Uint8Array
}

function batchOf(rows: readonly Row[], columns: number): StagedBatch {
  return {
    part: 7,
    count: rows.length,
    isEnded: Uint8Array.from(rows, ({ isEnded }) => Number(isEnded)),
    tokens: Array.from({ length: columns }, (_, column) =>
      Buffer.concat(rows.map(({ tokens }) => tokens[column] ?? new Uint8Array())),
    ),
    ownerTags: Int16Array.from(rows, ({ ownerTag = 0 }) => ownerTag),
    firstSeen: Int32Array.from(rows, ({ firstSeen = '2000-01-01' }) => dayNumber(firstSeen)),
    lastSeen: Int32Array.from(rows, ({ lastSeen = '2000-01-01' }) => dayNumber(lastSeen)),
    rats: rows.map(({ rat = '' }) => rat),
    sealed: rows.map(({ sealed = new Uint8Array() }) => sealed),
  }
}

test('PostgreSQL reads every staged row as it was meant', async () => {
  const pairing = fc.record({
    isEnded: fc.boolean(),
    firstSeen: day,
    lastSeen: day,
    rat: fc.constantFrom('', '001', '104|006'),
    tokens: fc.tuple(token, token, token),
  })
  const subscriber = fc.record({
    isEnded: fc.boolean(),
    ownerTag: fc.nat(1023),
    tokens: fc.tuple(token),
    sealed: fc.uint8Array({ maxLength: 600 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(pairing), fc.array(subscriber), async (pairings, subscribers) => {
      expect(await copyAndRead('pairings', batchOf(pairings, 3))).toEqual(
        pairings.map(({ isEnded, tokens, firstSeen, lastSeen, rat }) => [
          '7',
          String(isEnded),
          ...tokens.map(uuid),
          firstSeen,
          lastSeen,
          rat,
        ]),
      )
      expect(await copyAndRead('subscribers', batchOf(subscribers, 1))).toEqual(
        subscribers.map(({ isEnded, tokens, ownerTag, sealed }) => [
          '7',
          String(isEnded),
          ...tokens.map(uuid),
          String(ownerTag),
          sealed.length > 0 ? `\\x${Buffer.from(sealed).toString('hex')}` : null,
        ]),
      )
    }),
    { numRuns: 20 },
  )
})
