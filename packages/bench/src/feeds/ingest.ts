import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { todayInNation } from '@pcbs/dev-nation'
import { expectAnswer, partRows, type RegistryClient } from '@pcbs/sdk'
import { encodePairingLine, encodeToken, signManifest } from '@pcbs/seal'
import { Client } from 'pg'
import { rounded } from '../statistics.ts'
import { copiedTables, timeCopies } from './copy.ts'
import { type BenchRegistry, benchTelco, startBenchRegistry } from './registry.ts'

const day = todayInNation()
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
    const { sendMs, commitMs } = await load(bench, parts)
    const ingestMs = sendMs + commitMs
    process.stderr.write(`ingest ${ingestMs} ms (sending ${sendMs}, commit ${commitMs})\n`)
    const copies = await timeCopies(database, copiedTables.pairings)
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
  readonly rows: number
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
  return {
    rows,
    digest: createHash('sha256').update(text).digest(),
    compressed: gzipSync(text, { level: 1 }),
  }
}

async function load(
  bench: BenchRegistry,
  parts: readonly Part[],
): Promise<{ sendMs: number; commitMs: number }> {
  const { client } = bench
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
  const manifest = signManifest(
    {
      telco: benchTelco,
      kind: 'pairings',
      number,
      mode: 'snapshot',
      periodFrom: day,
      periodTo: day,
      policyVersion: 1,
      previous: undefined,
      parts: parts.map((part) => ({ rows: part.rows, digest: part.digest.toString('hex') })),
    },
    bench.privateKey,
  )
  const feed = expectAnswer(
    await client.POST('/v1/feeds/{kind}/{number}/commit', { params: { path }, body: { manifest } }),
  )
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
