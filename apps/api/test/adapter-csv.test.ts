import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Schemas } from '@pcbs/contract'
import { writeTelcoConfiguration } from '@pcbs/dev-nation'
import { expectAnswer } from '@pcbs/sdk'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startTestSystem, type TestSystem, type TestTelco, today } from './harness.ts'

const command = fileURLToPath(new URL('../../adapter-csv/src/main.ts', import.meta.url))
let system: TestSystem
const configurations = new Map<TestTelco, string>()

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
  for (const telco of ['telco-a', 'telco-b'] as const) {
    const place = { registry: system.registry, telco, folder: join(system.folder, telco) }
    configurations.set(telco, await writeTelcoConfiguration(place, 'adapter', {}))
  }
})
afterAll(() => system.stop())

/** Sends a dump as a telco does. */
function send(telco: TestTelco, dump: Uint8Array | string, ...words: readonly string[]) {
  const period = ['--from', '2020-01-01', '--to', today]
  return new Promise<{ code: number | null; output: string; complaint: string }>((resolve) => {
    const config = ['--config', configurations.get(telco) ?? '']
    const child = spawn(process.execPath, [command, ...config, ...period, ...words])
    let [output, complaint] = ['', '']
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (complaint += text))
    child.stdin.on('error', () => {})
    child.on('close', (code) => resolve({ code, output, complaint }))
    child.stdin.end(dump)
  })
}

async function newestFeed(
  telco: TestTelco,
  kind: 'pairings' | 'subscribers',
): Promise<Schemas['Feed'] | undefined> {
  const client = await system.client(telco, 'adapter')
  const { items } = expectAnswer(await client.GET('/v1/feeds', { params: { query: { kind, limit: 1 } } }))
  return items[0]
}

async function liveRows(table: 'pairing' | 'subscriber'): Promise<number> {
  const { rows } = await system.query(`SELECT count(*) FROM ${table}`)
  return Number(rows[0]?.count)
}

const header = 'date;imei;note;imsi;msisdn'
const day = today.replaceAll('-', '')
const use = (
  index: number,
  { imei = `3520990017${1000 + index}0`, msisdn = `6012${3_000_000 + index}` } = {},
) => `${day};${imei};"one; two";50212${String(index).padStart(10, '0')};${msisdn}`
const uses = (count: number, of: (index: number) => string = use) =>
  `${[header, ...Array.from({ length: count }, (_, index) => of(index))].join('\r\n')}\r\n`

test('whatever ends before its last row leaves nothing applied, the feed open, and an exit code that says so', async () => {
  const whole = uses(60_000)
  const dumps = [
    ['', 'Nothing was read'],
    [`${header}\r\n`, 'Nothing was read'],
    ['a;b\r\n1;2\r\n', 'Nothing was read'],
    [gzipSync(whole).subarray(0, -100), 'cut off'],
    [Buffer.concat([Buffer.from(whole), Buffer.from([0xff])]), 'not UTF-8'],
    [`${whole}${use(1).replace('"one', '"one" "two')}"\r\n"`, 'not closed'],
    [uses(20, (index) => use(index, { msisdn: '60123456789.0' })), 'none is accepted'],
  ] as const
  for (const [dump, words] of dumps) {
    const { code, complaint } = await send('telco-a', dump)
    expect([words, code, complaint]).toEqual([words, 1, expect.stringContaining(words)])
    expect((await newestFeed('telco-a', 'pairings'))?.state ?? 'open').toBe('open')
  }
  expect(await liveRows('pairing')).toBe(0)
})

test('a dump is applied as a whole, and every reject is told by the line of the source', async () => {
  const rejects = join(system.folder, 'rejects.jsonl')
  const dump = uses(200, (index) => use(index, index === 150 ? { msisdn: '60123456789.0' } : {}))
  const { code, output } = await send('telco-a', gzipSync(dump), '--rejects', rejects)
  expect(code).toBe(0)
  expect(output).toContain('line 152: rejected, msisdn: msisdn-not-digits')
  expect(output).toContain('200 sent, 199 accepted, 1 rejected')
  expect(await readFile(rejects, 'utf8')).toBe(
    `${JSON.stringify({ line: 152, field: 'msisdn', code: 'msisdn-not-digits' })}\n`,
  )
  expect(await liveRows('pairing')).toBe(199)
})

test('a subscribers’ dump is fed as a snapshot, without those that have ended', async () => {
  const rows = Array.from(
    { length: 120 },
    (_, index) => `6012${3_000_000 + index},900101-14-${1000 + index},MYS,${index < 20 ? 'ended' : 'active'}`,
  )
  const dump = ['msisdn,document,country,status', ...rows].join('\n')
  const { code, output } = await send('telco-a', dump, '--kind', 'subscribers')
  expect(code).toBe(0)
  expect(output).toContain('subscribers snapshot')
  expect(await liveRows('subscriber')).toBe(100)
})

test('a feed of numbers of another country is held, pairings and subscribers alike', async () => {
  const abroad = (index: number) => `62812${String(index).padStart(8, '1')}`
  const pairings = await send(
    'telco-a',
    uses(300, (index) => use(index, { msisdn: abroad(index) })),
  )
  expect(pairings).toMatchObject({ code: 1, output: expect.stringContaining('numbers of other countries') })
  expect(await newestFeed('telco-a', 'pairings')).toMatchObject({
    state: 'quarantined',
    accepted: 300,
    counts: { foreignMsisdns: 300, foreignImsis: 0 },
    breaches: [{ threshold: 'foreignMsisdnShare', measured: 1, limit: 0.1 }],
  })
  const rows = Array.from({ length: 300 }, (_, index) => `${abroad(index)},A${1_000_000 + index},IDN`)
  const subscribers = await send(
    'telco-b',
    ['msisdn,document,country', ...rows].join('\n'),
    '--kind',
    'subscribers',
  )
  expect(subscribers.code).toBe(1)
  expect(await newestFeed('telco-b', 'subscribers')).toMatchObject({
    state: 'quarantined',
    counts: { foreignMsisdns: 300 },
    breaches: [{ threshold: 'foreignMsisdnShare' }],
  })
})

test('a feed whose IMEIs lost their zeros, or are shared placeholders, is held and counted', async () => {
  const half = (index: number) => (index % 10 < 6 ? { imei: `1132222698${1000 + index}` } : {})
  await send(
    'telco-b',
    uses(300, (index) => use(index, half(index))),
  )
  const lost = await newestFeed('telco-b', 'pairings')
  expect(lost).toMatchObject({ state: 'quarantined', counts: { leadingZerosLost: 180 } })
  expect(lost?.breaches.map(({ threshold }) => threshold)).toContain('leadingZeroShare')
  const refused = await fetch(`${system.registry.apiUrl}/v1/feeds/pairings/${lost?.number}/decision`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await system.officerToken()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ telco: 'telco-b', decision: 'refuse' }),
  })
  expect(refused.status).toBe(200)
  const shared = (index: number) =>
    index % 10 < 2 ? { imei: index % 2 ? '000000000000000' : '358673013795895' } : {}
  await send(
    'telco-b',
    uses(300, (index) => use(index, shared(index))),
  )
  expect(await newestFeed('telco-b', 'pairings')).toMatchObject({
    state: 'quarantined',
    counts: { unblockableImeis: 60 },
    breaches: [{ threshold: 'unblockableImeiShare', measured: 0.2 }],
  })
})
