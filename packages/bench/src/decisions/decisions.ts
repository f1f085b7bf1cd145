import { createPrivateKey, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { formatImei15, parseNetworkImei } from '@pcbs/core'
import { clientId, simulatedHome, todayInNation } from '@pcbs/dev-nation'
import {
  createRegistryClient,
  encodeSource,
  fetchTelcoKey,
  identifyClaimant,
  type RegistryClient,
  type SourceRows,
  sendFeed,
} from '@pcbs/sdk'
import { Client } from 'pg'
import { type BenchRegistry, benchTelco, startBenchRegistry } from '../feeds/registry.ts'
import { percentile, rounded } from '../statistics.ts'

/**
 * Rows that a block inserts: the case, its phone and the phone's lock, three events, four entries for the log, a change
 * of the list, its entry, and the request's key.
 */
const insertsPerBlock = 13

const nationalId = '900101145678'

/** A customer and their phone, both invented. */
interface Owner {
  readonly msisdn: string
  readonly imsi: string
  /** 15 digits. */
  readonly imei: string
}

/**
 * Blocks that one API decides in a second, on distinct phones of distinct customers, all proven by a feed: `senders`
 * report at once. Beside it, in turns, as many connections commit transactions of as many single inserts.
 */
export async function benchDecisions({ blocks = 400, rounds = 5, senders = 8 }): Promise<object> {
  const bench = await startBenchRegistry()
  try {
    const owners = Array.from({ length: blocks * (rounds + 1) }, (_, index) => ownerAt(index))
    await feed(bench, owners)
    const report = await openReporter(bench)
    const bare = await openBare(bench.superuserUrl, senders)
    const figures: { readonly perSecond: number; readonly barePerSecond: number; readonly ratio: number }[] =
      []
    const latencies: number[] = []
    for (let round = 0; round <= rounds; round++) {
      const some = owners.slice(round * blocks, (round + 1) * blocks)
      const took: number[] = []
      const perSecond = await rate(some, senders, async (owner) => {
        const sentMs = performance.now()
        await report(owner)
        took.push(performance.now() - sentMs)
      })
      const barePerSecond = await rate(some, senders, bare.commit)
      // The first round warms everything up.
      if (round === 0) continue
      latencies.push(...took)
      figures.push({ perSecond, barePerSecond, ratio: perSecond / barePerSecond })
      process.stderr.write(
        `round ${round}: ${perSecond.toFixed(0)} blocks/s, bare ${barePerSecond.toFixed(0)}/s\n`,
      )
    }
    await bare.close()
    const median = (of: keyof (typeof figures)[number]) =>
      percentile(
        figures.map((each) => each[of]),
        0.5,
      )
    return {
      blocks: blocks * rounds,
      senders,
      blocksPerSecond: rounded(median('perSecond'), 0),
      barePerSecond: rounded(median('barePerSecond'), 0),
      ratio: rounded(median('ratio'), 3),
      p50Ms: rounded(percentile(latencies, 0.5), 1),
      p99Ms: rounded(percentile(latencies, 0.99), 1),
    }
  } finally {
    await bench.stop()
  }
}

function ownerAt(index: number): Owner {
  const imei = parseNetworkImei(`35209917${String(index + 1).padStart(6, '0')}`)
  if (!imei.ok) throw new Error('no IMEI')
  const serial = String(index).padStart(7, '0')
  return { msisdn: `6012${serial}`, imsi: `502121${serial}00`, imei: formatImei15(imei.value) }
}

async function feed(
  { registry, client, privateKey }: BenchRegistry,
  owners: readonly Owner[],
): Promise<void> {
  const { custodianUrl } = registry
  const key = await fetchTelcoKey({ custodianUrl, clientId: clientId(benchTelco, 'adapter'), privateKey })
  const today = todayInNation()
  const sources = {
    async *subscribers(): AsyncIterable<SourceRows['subscribers']> {
      for (const { msisdn } of owners) yield { msisdn, nationalId, isActive: true }
    },
    async *pairings(): AsyncIterable<SourceRows['pairings']> {
      for (const { msisdn, imsi, imei } of owners)
        yield { imei, imsi, msisdn, firstSeen: today, lastSeen: today }
    },
  }
  for (const kind of ['subscribers', 'pairings'] as const) {
    const batches = () => encodeSource({ kind, home: simulatedHome, key }, sources[kind]())
    const period = { from: today, to: today }
    const { feed } = await sendFeed(client, {
      kind,
      mode: 'snapshot',
      period,
      policyVersion: 1,
      batches,
      telco: benchTelco,
      privateKey,
      previousManifest: undefined,
    })
    if (feed.state !== 'applied') throw new Error(`a feed is ${feed.state}`)
  }
}

async function openReporter({ registry }: BenchRegistry): Promise<(owner: Owner) => Promise<void>> {
  const { apiUrl: registryUrl, issuerUrl, custodianUrl } = registry
  const identity = {
    clientId: clientId(benchTelco, 'desk'),
    privateKey: createPrivateKey(await readFile(registry.keyFile(benchTelco, 'desk'))),
  }
  const desk: RegistryClient = await createRegistryClient({
    registryUrl,
    issuerUrl,
    scopes: ['cases'],
    ...identity,
  })
  const key = await fetchTelcoKey({ custodianUrl, ...identity })
  return async ({ msisdn, imei }) => {
    const claimant = identifyClaimant(key, simulatedHome, { msisdn, nationalId })
    if (!claimant.ok) throw new Error('a customer of the bench is mistyped')
    const { data } = await desk.POST('/v1/cases', {
      params: { header: { 'Idempotency-Key': randomUUID() } },
      body: { imeis: [imei], reason: 'stolen', ...claimant.value },
    })
    if (data?.state !== 'blocked') throw new Error(`a case of the bench is ${data?.state ?? 'refused'}`)
  }
}

/** Connections that each commit a transaction of single inserts, one round trip each, as a decision does. */
async function openBare(url: string, connections: number) {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new Client({ connectionString: url })
      await client.connect()
      return client
    }),
  )
  await clients[0]?.query('CREATE TABLE bare_insert (id uuid PRIMARY KEY, content text NOT NULL)')
  const free = [...clients]
  return {
    async commit(): Promise<void> {
      const client = free.pop()
      if (!client) throw new Error('more commits at once than connections')
      await client.query('BEGIN')
      for (let row = 0; row < insertsPerBlock; row++)
        await client.query('INSERT INTO bare_insert VALUES ($1, $2)', [randomUUID(), 'x'.repeat(100)])
      await client.query('COMMIT')
      free.push(client)
    },
    close: () => Promise.all(clients.map((client) => client.end())),
  }
}

/** How many of these are done in a second, so many at once. */
async function rate<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<number> {
  const waiting = items.values()
  const startedMs = performance.now()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of waiting) await work(item)
    }),
  )
  return items.length / ((performance.now() - startedMs) / 1000)
}
