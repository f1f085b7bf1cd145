import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { expectAnswer, partRows, type RegistryClient } from '@pcbs/sdk'
import { encodePairingLine, encodeToken } from '@pcbs/seal'
import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { rounded } from '../statistics.ts'
import { startBenchRegistry } from './registry.ts'

const day = new Date().toISOString().slice(0, 10)
const partsInFlight = 4

/**
 * A telco's first load, HTTP in to visible, against COPY of the same final rows into the same empty table with the
 * same indexes, and into a bare table followed by building those indexes.
 */
export async function benchIngest({ rows = 1_000_000 }): Promise<object> {
  const bench = await startBenchRegistry()
  const database = new Client({ connectionString: bench.superuserUrl })
  await database.connect()
  try {
    process.stderr.write('making parts …\n')
    const parts = Array.from({ length: Math.ceil(rows / partRows) }, (_, index) =>
      makePart(Math.min(partRows, rows - index * partRows)),
    )
    const { sendMs, commitMs } = await load(bench.client, parts, rows)
    const ingestMs = sendMs + commitMs
    process.stderr.write(`ingest ${ingestMs} ms (sending ${sendMs}, commit ${commitMs})\n`)
    const copies = await copyAgain(database)
    process.stderr.write(
      `COPY into the indexed table ${copies.indexedMs} ms, bare and then indexed ${copies.bareMs} ms\n`,
    )
    return {
      rows,
      rowsPerSecond: Math.round(rows / (ingestMs / 1000)),
      ratio: rounded(copies.indexedMs / ingestMs, 3),
      limitRatio: rounded(copies.bareMs / ingestMs, 3),
      sendMs,
      commitMs,
      copyIndexedMs: copies.indexedMs,
      copyThenIndexMs: copies.bareMs,
    }
  } finally {
    await database.end()
    await bench.stop()
  }
}

interface Part {
  readonly digest: Buffer
  readonly compressed: Buffer
}

function makePart(rows: number): Part {
  let text = ''
  for (let row = 0; row < rows; row++) {
    text += encodePairingLine({
      mark: '+',
      imei: String(35_000_000_000_000 + Math.floor(Math.random() * 1e12)),
      imsiToken: encodeToken({ kind: 'imsi', epoch: 1, bytes: randomBytes(16) }),
      subscriptionToken: encodeToken({ kind: 'msisdn', epoch: 1, bytes: randomBytes(16) }),
      firstSeen: day,
      lastSeen: day,
      isHomeImsi: true,
      rat: '',
    })
  }
  return { digest: createHash('sha256').update(text).digest(), compressed: gzipSync(text, { level: 1 }) }
}

async function load(
  client: RegistryClient,
  parts: readonly Part[],
  rows: number,
): Promise<{ sendMs: number; commitMs: number }> {
  const startedMs = performance.now()
  const { number } = expectAnswer(
    await client.POST('/v1/feeds', {
      params: { header: { 'Idempotency-Key': 'bench-ingest' } },
      body: { kind: 'pairings', mode: 'snapshot', periodFrom: day, periodTo: day, policyVersion: 1 },
    }),
  )
  const path = { kind: 'pairings', number } as const
  let next = 0
  const work = async () => {
    while (next < parts.length) {
      const part = parts[next]
      next += 1
      if (part) await putPart(client, { ...path, part: next }, part)
    }
  }
  await Promise.all(Array.from({ length: partsInFlight }, work))
  const sentMs = performance.now()
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part.digest)
  const body = { parts: parts.length, rows, digest: digest.digest('hex') }
  const feed = expectAnswer(await client.POST('/v1/feeds/{kind}/{number}/commit', { params: { path }, body }))
  if (feed.state !== 'applied') throw new Error(`the feed is ${feed.state}`)
  return { sendMs: Math.round(sentMs - startedMs), commitMs: Math.round(performance.now() - sentMs) }
}

async function putPart(
  client: RegistryClient,
  path: { kind: 'pairings'; number: number; part: number },
  { digest, compressed }: Part,
): Promise<void> {
  expectAnswer(
    await client.PUT('/v1/feeds/{kind}/{number}/parts/{part}', {
      params: { path, header: { 'Content-Digest': `sha-256=:${digest.toString('base64')}:` } },
      headers: { 'content-type': 'application/vnd.pcbs.feed-part', 'content-encoding': 'gzip' },
      body: compressed as never,
      bodySerializer: (bytes) => bytes,
    }),
  )
}

/** The same rows again, by COPY, as one would do by hand. */
async function copyAgain(database: Client): Promise<{ indexedMs: number; bareMs: number }> {
  const chunks: Buffer[] = []
  // In the order of arrival, as a source sends them: not sorted for the index.
  const order =
    'SELECT telco_id, imei, imsi, subscription, first_seen, last_seen, rat FROM pairing ORDER BY md5(subscription::text)'
  for await (const chunk of database.query(copyTo(`COPY (${order}) TO STDOUT`)) as AsyncIterable<Buffer>)
    chunks.push(chunk)
  const copy = async (table: string) =>
    pipeline(Readable.from(chunks), database.query(copyFrom(`COPY ${table} FROM STDIN`)))
  const timed = async (work: () => Promise<unknown>) => {
    await database.query('CHECKPOINT')
    const startedMs = performance.now()
    await work()
    return Math.round(performance.now() - startedMs)
  }
  await database.query(`
    CREATE TABLE copy_indexed (LIKE pairing INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY HASH (imei);
    CREATE TABLE copy_bare (LIKE pairing INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY HASH (imei);
    ALTER TABLE copy_indexed ADD PRIMARY KEY (telco_id, imei, imsi, subscription)`)
  for (const table of ['copy_indexed', 'copy_bare'])
    for (let remainder = 0; remainder < 4; remainder++)
      await database.query(
        `CREATE TABLE ${table}_${remainder} PARTITION OF ${table} FOR VALUES WITH (MODULUS 4, REMAINDER ${remainder})`,
      )
  const indexedMs = await timed(() => copy('copy_indexed'))
  const bareMs = await timed(async () => {
    await copy('copy_bare')
    await database.query('ALTER TABLE copy_bare ADD PRIMARY KEY (telco_id, imei, imsi, subscription)')
  })
  return { indexedMs, bareMs }
}
