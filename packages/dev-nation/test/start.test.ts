import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePort } from '../src/postgres/free-port.ts'
import { removeDataFolder } from '../src/postgres/run-as.ts'
import { withClient } from '../src/postgres/with-client.ts'

/** `pnpm start` as an operator runs it: a process of its own, its output read, ended by a signal. */

let folder: string
let ports: readonly string[]
const started: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-start-'))
  const [api, auth, custodian, edge] = [
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
  ]
  ports = [`--api-port=${api}`, `--auth-port=${auth}`, `--custodian-port=${custodian}`, `--edge-port=${edge}`]
})
afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL')
  await removeDataFolder(folder)
})

interface Start {
  readonly child: ChildProcess
  readonly output: () => string
}

function start(): Start {
  const main = fileURLToPath(new URL('../src/cli/start.ts', import.meta.url))
  const child = spawn(process.execPath, [main, `--folder=${folder}`, '--subscriptions=150', ...ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(child)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return { child, output: () => text }
}

async function says({ output, child }: Start, words: string): Promise<void> {
  const outcome = () =>
    child.exitCode === null ? output() : `${output()}\n… and ended before it said: ${words}`
  await expect.poll(outcome, { timeout: 100_000, interval: 50, message: 'what start says' }).toContain(words)
}

/** Ends it as a service manager would; gives how long it took and how it ended. */
async function end({ child }: Start): Promise<{ readonly tookMs: number; readonly code: unknown }> {
  const beganMs = performance.now()
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = await ended
  return { tookMs: performance.now() - beganMs, code }
}

/** Processes that run on the nation's folder: PostgreSQL's, and those whose settings lie there. */
async function leftRunning(): Promise<boolean> {
  const lines = await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')
  return lines !== ''
}

const tenSeconds = 10_000

test('a start that is asked to end before everything is up ends within ten seconds, and leaves nothing running', async () => {
  const early = start()
  await says(early, 'registry: custodian')
  const { tookMs, code } = await end(early)
  expect(tookMs).toBeLessThan(tenSeconds)
  expect(code).toBe(0)
  expect(early.output()).toContain('Nothing was left running.')
  expect(await leftRunning()).toBe(false)
})

test('a nation whose feed waits for an officer runs all the same, says so, and ends within ten seconds', async () => {
  const first = start()
  await says(first, 'its adapter has synced')
  await says(first, 'Ctrl-C stops everything.')
  // From now on every feed of this telco is over one of its thresholds.
  const environment = await readFile(join(folder, 'pcbs.env'), 'utf8')
  const [, ownerUrl = ''] = /PCBS_OWNER_DATABASE_URL='([^']+)'/.exec(environment) ?? []
  await withClient(ownerUrl, (client) =>
    client.query(`UPDATE telco SET thresholds = '{"growth": -1}' WHERE id = 1`),
  )
  expect((await end(first)).tookMs).toBeLessThan(tenSeconds)

  // The next sync is held, and the one after finds it held.
  for (const turn of ['held by this sync', 'held by the one before']) {
    const next = start()
    await says(next, 'a feed of its adapter waits for an officer')
    await says(next, 'feeds list --state quarantined')
    await says(next, 'Ctrl-C stops everything.')
    const { tookMs, code } = await end(next)
    expect([turn, code, tookMs < tenSeconds]).toEqual([turn, 0, true])
    expect(await leftRunning()).toBe(false)
  }
}, 240_000)
