import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { appModule, findFreePort } from '@pcbs/dev-nation'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startAnotherApi } from './another-api.ts'
import { startTestSystem, type TestSystem } from './harness.ts'

let system: TestSystem
beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'), { PCBS_LOG_INTERVAL_MS: '50' })
})
afterAll(() => system.stop())

type Line = Readonly<Record<string, unknown>>

async function linesOf(event: string): Promise<readonly Line[]> {
  const lines = (await system.apiLog()).split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event)
}

async function metric(name: string, worker: string): Promise<number> {
  const text = await (await fetch(`${system.registry.apiUrl}/metrics`)).text()
  const found = new RegExp(`^${name}\\{worker="${worker}"\\} (\\S+)$`, 'm').exec(text)
  return Number(found?.[1] ?? Number.NaN)
}

const failures = (worker: string) => metric('pcbs_worker_failures_total', worker)
const lastSuccess = (worker: string) => metric('pcbs_worker_last_success_timestamp_seconds', worker)

test('a worker that fails again and again says why, once, is counted, and says when it works again', async () => {
  const worker = 'transparency-log'
  await expect.poll(() => lastSuccess(worker), { message: 'the worker has worked' }).toBeGreaterThan(0)
  expect(await failures(worker)).toBe(0)

  await system.registry.programs.custodian.stop()
  const authorization = `Bearer ${await system.officerToken()}`
  await fetch(`${system.registry.apiUrl}/v1/cases`, { headers: { authorization } })
  await expect
    .poll(() => failures(worker), {
      timeout: 20_000,
      message: 'there is something to sign, and nobody to sign it',
    })
    .toBeGreaterThan(20)
  const before = await lastSuccess(worker)
  const told = (await linesOf('worker_failed')).filter((line) => line.worker === worker)
  expect(told).toEqual([
    expect.objectContaining({
      level: 'error',
      failures: 1,
      errorName: 'TypeError',
      stack: expect.any(String),
    }),
  ])
  expect(told[0]?.cause).toMatchObject({ code: 'ECONNREFUSED' })

  await system.registry.startCustodian()
  await expect
    .poll(() => linesOf('worker_recovered'), { timeout: 20_000, message: 'the worker works again' })
    .toContainEqual(expect.objectContaining({ level: 'warn', worker, failures: expect.any(Number) }))
  expect(await lastSuccess(worker)).toBeGreaterThanOrEqual(before)
})

test('every line has its level as a word', async () => {
  const lines = (await system.apiLog()).split('\n').filter(Boolean)
  const levels = new Set(lines.map((line) => (JSON.parse(line) as Line).level))
  expect([...levels].filter((level) => !['info', 'warn', 'error'].includes(String(level)))).toEqual([])
  expect(await linesOf('started')).toContainEqual(expect.objectContaining({ level: 'info' }))
})

test('an API that waits for its custodian says so in one line, which no level but error hides', async () => {
  const nobody = `http://127.0.0.1:${await findFreePort()}`
  const child = spawn(process.execPath, [fileURLToPath(appModule('api'))], {
    env: {
      ...process.env,
      ...system.registry.apiEnvironment(await findFreePort()),
      PCBS_CUSTODIAN_URL: nobody,
      PCBS_SEALING_CUSTODIAN_URLS: nobody,
      PCBS_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Line[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line))
  try {
    await expect.poll(() => lines.length, { timeout: 20_000, message: 'it waits' }).toBe(1)
    // It tries twice a second: so long it has said nothing more.
    await expect(
      expect.poll(() => lines.length, { timeout: 3000, message: 'a second line' }).toBeGreaterThan(1),
    ).rejects.toThrow()
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        event: 'waiting',
        cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
      }),
    ])
  } finally {
    child.kill('SIGKILL')
  }
})

test('with a database that says nothing any more the API tells its metrics, and that it is not ready', async () => {
  const database = await startDatabaseProxy()
  const at = (url: string) => Object.assign(new URL(url), { host: database.host }).href
  const { PCBS_API_DATABASE_URL = '', PCBS_INGEST_DATABASE_URL = '' } = system.registry.apiEnvironment(0)
  const { url, program } = await startAnotherApi(system, {
    PCBS_API_DATABASE_URL: at(PCBS_API_DATABASE_URL),
    PCBS_INGEST_DATABASE_URL: at(PCBS_INGEST_DATABASE_URL),
  })
  const ask = async (path: string) => {
    const beganMs = performance.now()
    const { status } = await fetch(`${url}${path}`)
    return { status, isPrompt: performance.now() - beganMs < 8000 }
  }
  expect(await ask('/readyz')).toEqual({ status: 200, isPrompt: true })
  database.fallSilent()
  expect(await ask('/readyz')).toEqual({ status: 503, isPrompt: true })
  expect(await ask('/metrics')).toEqual({ status: 200, isPrompt: true })
  await program.stop()
  database.close()
})

/** Hands every byte on to the real database until it falls silent: then connections stay open, and nothing comes. */
async function startDatabaseProxy() {
  const { hostname, port } = new URL(system.registry.ownerUrl)
  let isSilent = false
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const there = connect(Number(port), hostname)
    for (const [from, to] of [
      [socket, there],
      [there, socket],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => isSilent || to.write(bytes))
      from.on('close', () => to.destroy())
      from.on('error', () => {})
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    // A listening TCP server has an address.
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    fallSilent() {
      isSilent = true
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
