import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findFreePort, listedImei, type PreparedEdge, startPreparedEdge } from '@pcbs/dev-nation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const here = (name: string) => new URL(name, import.meta.url).pathname
const isThere = (command: string, flag: string) => spawnSync(command, [flag]).error === undefined

const hasErlang =
  isThere('escript', '-h') &&
  spawnSync('erl', ['-noshell', '-eval', 'ok = application:load(diameter), halt(0).']).status === 0
const hasFreeDiameter = isThere('freeDiameterd', '--version')

const black = listedImei(3)
const [mme, relay, realm] = ['mme.erlang.test', 'relay.freediameter.test', 'telco-a.test']
const eir = `eir.${realm}`
let folder: string
let prepared: PreparedEdge
let s13Port: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-interop-'))
  s13Port = await findFreePort()
  prepared = await startPreparedEdge(folder, 1000, {
    s13Port: String(s13Port),
    s13OriginHost: eir,
    s13OriginRealm: realm,
    s13Peers: `${mme},${relay}`,
  })
})
afterAll(async () => {
  await prepared.edge.stop()
  await rm(folder, { recursive: true })
})

/** What Erlang's diameter application heard: a line for each check, and how it left. */
async function askAsErlang(port: number, checks: readonly string[]): Promise<readonly string[]> {
  const to = ['--to', `127.0.0.1:${port}`, '--realm', realm, '--temp', folder, '--name', mme]
  const { stdout } = await run('escript', [here('s13_client.erl'), ...to, '--many', '1000', ...checks])
  return stdout.trimEnd().split('\n')
}

const expected = [
  `${black} result=2001 status=1`,
  `${black}9 result=2001 status=1`,
  `${black}78/502121234567890 result=2001 status=1`,
  '352099001761481 result=2001 status=0',
  '12x error=5004',
  'many=1000 ok',
]
const checks = [black, `${black}9`, `${black}78/502121234567890`, '352099001761481', '12x']

describe('independent peers', () => {
  const erlang = hasErlang ? 'Erlang’s diameter' : 'Erlang’s diameter (erlang-diameter is not installed)'
  test.skipIf(!hasErlang)(`${erlang} understands every answer, and takes leave`, async () => {
    const lines = await askAsErlang(s13Port, checks)
    expect(lines[0]).toMatch(/^up /)
    expect(lines[0]).not.toContain('faults=')
    expect(lines.slice(1, 7)).toEqual(expected)
    expect(lines.slice(-2)).toEqual(['down', expect.stringMatching(/^left in \d{1,3} ms$/)])
  })

  const isRelayed = hasErlang && hasFreeDiameter
  const freeDiameter = isRelayed
    ? 'freeDiameter'
    : 'freeDiameter (freediameterd or erlang-diameter is not installed)'
  test.skipIf(!isRelayed)(`${freeDiameter} relays checks and their answers`, async () => {
    const relayPort = await findFreePort()
    const stop = await startRelay(relayPort)
    try {
      expect((await askAsErlang(relayPort, checks)).slice(1, 7)).toEqual(expected)
    } finally {
      await stop()
    }
  })
})

/** Starts freeDiameter between MMEs and the edge; gives how to stop it. */
async function startRelay(port: number): Promise<() => Promise<void>> {
  const words: Readonly<Record<string, string>> = {
    RELAY: relay,
    RELAY_REALM: 'freediameter.test',
    RELAY_PORT: String(port),
    FOLDER: folder,
    EDGE: eir,
    EDGE_PORT: String(s13Port),
    EDGE_REALM: realm,
    CLIENT: mme,
  }
  const fill = async (template: string, name: string) => {
    const text = await readFile(here(template), 'utf8')
    await writeFile(
      join(folder, name),
      text.replaceAll(/@(\w+)@/g, (_, word: string) => words[word] ?? ''),
    )
  }
  await fill('freediameter.conf.in', 'relay.conf')
  await fill('freediameter-acl.conf.in', 'acl.conf')
  // It asks for a certificate even where nobody speaks TLS.
  const tests = new URL('../certificates/', import.meta.url)
  await writeFile(join(folder, 'relay.crt'), await readFile(new URL('relay.pem', tests)))
  await writeFile(join(folder, 'relay.key'), await readFile(new URL('relay-key.pem', tests)))
  const relayProcess = spawn('freeDiameterd', ['-c', join(folder, 'relay.conf')])
  const ended = once(relayProcess, 'exit')
  let text = ''
  const isOpen = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      text += chunk
      if (text.includes("-> 'STATE_OPEN'")) resolve()
    }
    relayProcess.stdout.on('data', read)
    relayProcess.stderr.on('data', read)
  })
  await Promise.race([
    isOpen,
    ended.then(() => Promise.reject(new Error(`freeDiameter ended: ${text.slice(-500)}`))),
  ])
  return async () => {
    relayProcess.kill('SIGTERM')
    await ended
  }
}
