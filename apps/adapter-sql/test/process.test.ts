import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'

/** The adapter as a telco runs it: a process of its own, with a registry that is away or says nothing. */

let folder: string
let silent: Server
let silentUrl: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-adapter-'))
  silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  // A listening TCP server has an address.
  silentUrl = `127.0.0.1:${(silent.address() as AddressInfo).port}`
})
afterAll(async () => {
  silent.close()
  await rm(folder, { recursive: true })
})

interface Running {
  readonly child: ChildProcess
  readonly lines: readonly Readonly<Record<string, unknown>>[]
}

async function start(at: { readonly registry: string; readonly database: string }): Promise<Running> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'adapter.json')]
  await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const configuration = {
    telco: 'telco-a',
    registryUrl: at.registry,
    issuerUrl: at.registry,
    custodianUrl: at.registry,
    clientId: 'telco-a-adapter',
    keyFile,
    listRoot: publicKey.export({ format: 'jwk' }).x,
    intervalSeconds: 0,
    settings: { database: at.database },
  }
  await writeFile(file, JSON.stringify(configuration))
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, file], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const lines: Record<string, unknown>[] = []
  createInterface({ input: child.stdout as never }).on('line', (line) => lines.push(JSON.parse(line)))
  const [said] = await once(child, 'message')
  expect(said).toBe('ready')
  return { child, lines }
}

/** A place where nobody listens. */
async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A listening TCP server has an address.
  const { port } = server.address() as AddressInfo
  server.close()
  return `http://127.0.0.1:${port}`
}

async function end(child: ChildProcess): Promise<number> {
  const beganMs = performance.now()
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  return performance.now() - beganMs
}

const tenSeconds = 10_000

test('with the registry away it says so and why, once, however often it tries', async () => {
  const { child, lines } = await start({ registry: await closedUrl(), database: inject('postgresUrl') })
  await expect
    .poll(() => lines.map(({ type }) => type), { timeout: 20_000, message: 'the sync has failed' })
    .toContain('sync-failed')
  expect(lines.find(({ type }) => type === 'sync-failed')).toMatchObject({
    level: 'error',
    reason: expect.stringContaining('ECONNREFUSED'),
    failures: 1,
  })
  // Without a pause between its syncs it has tried again by the time it ends.
  expect(await end(child)).toBeLessThan(tenSeconds)
  expect(lines.filter(({ type }) => type === 'sync-failed')).toHaveLength(1)
})

test.each([
  ['registry and custodian take connections and say nothing', () => inject('postgresUrl')],
  ['its own database takes connections and says nothing', () => `postgres://telco@${silentUrl}/subscribers`],
])('where %s, it ends within ten seconds', async (_what, database) => {
  const connected = once(silent, 'connection')
  const { child } = await start({ registry: `http://${silentUrl}`, database: database() })
  await connected
  expect(await end(child)).toBeLessThan(tenSeconds)
})
