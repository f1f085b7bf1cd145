import { execFile } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withClient, writeTelcoConfiguration } from '@pcbs/dev-nation'
import { rawPublicKey } from '@pcbs/seal'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startTestSystem, type TestSystem, today } from './harness.ts'

const command = fileURLToPath(new URL('../../../packages/sdk/src/cli/main.ts', import.meta.url))
const adapterFile = fileURLToPath(new URL('./fixtures/file-adapter.ts', import.meta.url))
let system: TestSystem
let configuration: string
let source: string

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
  source = join(system.folder, 'source.json')
  configuration = await writeTelcoConfiguration(
    { registry: system.registry, telco: 'telco-a', folder: join(system.folder, 'telco-a') },
    'adapter',
    { file: source },
  )
})
afterAll(() => system.stop())

/** What a telco holds: so many customers, the first of whom used another phone lately. */
async function hold(customers: number, firstImei: string): Promise<void> {
  const msisdn = (index: number) => `6012${String(3_000_000 + index)}`
  const each = Array.from({ length: customers }, (_, index) => index)
  const content = {
    subscribers: each.map((index) => ({
      msisdn: msisdn(index),
      nationalId: '900101-14-5678',
      isActive: true,
    })),
    pairings: each.map((index) => ({
      imei: index === 0 ? firstImei : `3520990017${String(index).padStart(4, '0')}`,
      imsi: `50212${String(index).padStart(10, '0')}`,
      msisdn: msisdn(index),
      firstSeen: today,
      lastSeen: today,
    })),
  }
  await writeFile(source, JSON.stringify(content))
}

function pcbsAdapter(...words: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...words], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr })
    })
  })
}

const sync = () => pcbsAdapter('sync', '--once', '--config', configuration, '--adapter', adapterFile)

test('a telco syncs from the command line: all of it once, then only what changed', async () => {
  await hold(50, '35209900990001')
  const first = await sync()
  expect(first).toMatchObject({ code: 0 })
  expect(first.output).toContain('pairings snapshot 1 applied: 50 rows read, 50 sent, 50 accepted')
  await hold(49, '35209900990002')
  const second = await sync()
  // One phone changed hands, one customer left.
  expect(second.output).toContain('subscribers delta 2 applied: 49 rows read, 1 sent')
  expect(second.output).toContain('pairings delta 2 applied: 49 rows read, 3 sent')
  const { rows } = await system.query('SELECT count(*) FROM pairing')
  expect(rows).toEqual([{ count: '49' }])
})

test('and proves with public keys alone what it sent, every character of it', async () => {
  const telcoKey = rawPublicKey(
    createPublicKey(await readFile(system.registry.keyFile('telco-a', 'adapter'))),
  )
  const folder = join(system.folder, 'telco-a', 'adapter-state')
  const registryKey = `--registry-key=${system.registry.listRoot}`
  const keys = [`--telco-key=${telcoKey}`, registryKey]
  const proven = await pcbsAdapter('verify', folder, ...keys)
  expect(proven.code).toBe(0)
  expect(proven.output).toContain('proven telco-a pairings 1: snapshot of 50 rows in 1 parts, applied')
  expect(proven.output).toContain('4 feeds, all proven')
  const path = join(folder, 'receipts', 'pairings-000000001.json')
  const original = await readFile(path, 'utf8')
  await writeFile(path, original.replace('rows 50', 'rows 51'))
  const forged = await pcbsAdapter('verify', folder, ...keys)
  expect(forged.code).toBe(1)
  expect(forged.output).toContain('NOT PROVEN')
  await writeFile(path, original)
  const stranger = await pcbsAdapter('verify', folder, `--telco-key=${system.registry.listRoot}`, registryKey)
  expect(stranger.output).toContain('signed by a key that is not the telco’s')
})

test('and goes no further where the registry remembers other feeds than it signed for', async () => {
  const superuser = Object.assign(new URL(inject('postgresUrl')), {
    pathname: new URL(system.registry.ownerUrl).pathname,
  })
  const rewrite = (hash: string) =>
    withClient(superuser.href, (client) =>
      client.query("UPDATE feed SET manifest_hash = $1 WHERE kind = 'subscribers' AND number = 2", [hash]),
    )
  const { rows } = await system.query(
    "SELECT manifest_hash FROM feed WHERE kind = 'subscribers' AND number = 2",
  )
  await rewrite('0'.repeat(64))
  const refused = await sync()
  expect(refused.code).toBe(1)
  expect(refused.output).toContain('do not remember the same feeds')
  await rewrite(String(rows[0]?.manifest_hash))
  expect((await sync()).code).toBe(0)
})
