import { spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRegistryPorts, type RunningRegistry, signInAsBrowser, startRegistry } from '@pcbs/dev-nation'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { runCommand } from '../src/commands.ts'

let registry: RunningRegistry
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-admin-'))
  registry = await startRegistry({
    folder,
    superuserUrl: inject('postgresUrl'),
    databaseName: `admin_${randomBytes(6).toString('hex')}`,
    rolePasswords: { owner: 'test', api: 'test', ingest: 'test', audit: 'test' },
    ports: await findRegistryPorts(),
    telcos: [{ code: 'telco-a', name: 'Telco A' }],
  })
})
afterAll(async () => {
  await registry.stop()
  await rm(folder, { recursive: true })
})

/** Types a command line; an officer signs in in the browser whenever it asks. */
async function pcbs(
  line: string,
  officer: 'officer-1' | 'officer-2' = 'officer-1',
): Promise<{ code: number; lines: readonly string[]; complaints: readonly string[] }> {
  const [lines, complaints]: [string[], string[]] = [[], []]
  const signIns: Promise<void>[] = []
  const code = await runCommand(line.split(' '), {
    environment: {
      PCBS_API_URL: registry.apiUrl,
      PCBS_ISSUER: registry.issuerUrl,
      PCBS_OWNER_DATABASE_URL: registry.ownerUrl,
    },
    print: (text) => lines.push(...text.split('\n')),
    complain(text) {
      complaints.push(text)
      const [, url] = /^Sign in: (.+)$/.exec(text) ?? []
      const password = registry.secrets.officers[officer]
      if (url) signIns.push(signInAsBrowser(new URL(url), officer, password))
    },
    ask: async () => '',
  })
  await Promise.all(signIns)
  return { code, lines, complaints }
}

const newKey = () => generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''

describe('pcbs', () => {
  test('adds a telco, changes its key, suspends it and lets it back in', async () => {
    const [first, second] = [newKey(), newKey()]
    expect(await pcbs(`telcos add telco-z Zeta Mobile --public-key=${first}`)).toMatchObject({ code: 0 })
    expect((await pcbs('telcos list')).lines).toContain(`  signs with ${first}`)
    expect((await pcbs(`telcos add telco-z Zeta --public-key=${first}`)).complaints).toEqual([
      'telco-z takes part already.',
    ])
    await pcbs(`telcos rotate-key telco-z --public-key=${second}`)
    const { lines } = await pcbs('telcos list')
    expect(lines).toContain(`  signs with ${second}`)
    expect(lines).not.toContain(`  signs with ${first}`)
    await pcbs('telcos suspend telco-z')
    expect((await pcbs('telcos list')).lines.join()).toMatch(/telco-z: Zeta Mobile, since .*, SUSPENDED/)
    await pcbs('telcos suspend telco-z --lift')
    expect((await pcbs('telcos list')).lines.join()).not.toContain('SUSPENDED')
  })

  test('signs an officer in in the browser and shows feeds', async () => {
    const { code, lines } = await pcbs('feeds list --telco telco-a')
    expect([code, lines]).toEqual([0, ['No feeds.']])
    expect((await pcbs('feeds list --telco nobody')).complaints.at(-1)).toContain(
      'There is no telco of this code.',
    )
    expect((await pcbs('feeds list --state held')).complaints.at(-1)).toContain('state is open, applied')
    expect((await pcbs('feeds list --state quarantined')).lines).toEqual(['No feeds.'])
    const missing = await pcbs('feeds accept telco-a pairings 7')
    expect(missing.code).toBe(1)
    expect(missing.complaints.at(-1)).toContain('There is no feed of this kind and number.')
  })

  test('lists models by two officers, and tells who enforces what', async () => {
    const proposed = await pcbs('ranges propose 86000000 86000009 PROHIBITED faulty')
    const id = proposed.lines[0]?.split(':')[0] ?? ''
    expect((await pcbs(`ranges approve ${id}`)).complaints.join()).toContain('Another officer')
    const approved = await pcbs(`ranges approve ${id}`, 'officer-2')
    expect(approved.lines).toEqual(['86000000-86000009: PROHIBITED from sequence 1 on.'])
    expect((await pcbs('ranges list')).lines.join()).toContain(
      'approved, by officer:officer-1 and officer:officer-2',
    )
    const { lines } = await pcbs('enforcement telcos')
    expect(lines.slice(0, 3)).toEqual([
      'The list is at sequence 1.',
      'telco-a: 0 refusals in 24 hours',
      '  no edge was heard of in the last seven days',
    ])
    expect((await pcbs('enforcement lapses')).lines).toEqual(['No blocked phone is still in use.'])
    expect(await pcbs('ranges propose 1 2 PROHIBITED faulty')).toMatchObject({ code: 2 })
    expect(await pcbs('enforcement case 00000000-0000-4000-8000-000000000000')).toMatchObject({ code: 1 })
  })

  test('waits for a sign-in as long as it says, and then ends', async () => {
    const complaints: string[] = []
    const code = await runCommand(['feeds', 'list'], {
      environment: {
        PCBS_API_URL: registry.apiUrl,
        PCBS_ISSUER: registry.issuerUrl,
        PCBS_SIGN_IN_SECONDS: '2',
      },
      print: () => {},
      complain: (text) => {
        complaints.push(text)
        // Somebody else's page comes back to the same place: that is nobody's sign-in, and does not end ours.
        const [, url] = /^Sign in: (.+)$/.exec(text) ?? []
        const redirect = url && new URL(url).searchParams.get('redirect_uri')
        if (redirect) void fetch(`${redirect}?code=stolen&state=another`)
      },
      ask: async () => '',
    })
    expect(code).toBe(1)
    expect(complaints.slice(1)).toEqual([
      'Waiting for that for 2 seconds; Ctrl-C ends it.',
      'Nobody signed in within 2 seconds: give the command again.',
    ])
  })

  test('ends at once by Ctrl-C while it waits for a sign-in', async () => {
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
    const environment = { PCBS_API_URL: registry.apiUrl, PCBS_ISSUER: registry.issuerUrl }
    const child = spawn(process.execPath, [main, 'feeds', 'list'], {
      env: { ...process.env, ...environment },
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    await expect
      .poll(() => said, { timeout: 20_000, message: 'it asks for a sign-in' })
      .toContain('3 minutes')
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    expect(await ended).toEqual([null, 'SIGINT'])
  })

  test('tells officers which id they have here', async () => {
    expect((await pcbs('officer id')).lines).toEqual(['officer-1'])
    const claims = Buffer.from(JSON.stringify({ sub: '6f1a1e0e-9d0b-4c1c-a3f7-1b2c3d4e5f60' }))
    const lines: string[] = []
    await runCommand(['officer', 'id'], {
      environment: { PCBS_ACCESS_TOKEN: `e30.${claims.toString('base64url')}.e30` },
      print: (text) => lines.push(text),
      complain: () => {},
      ask: async () => '',
    })
    expect(lines).toEqual(['sub.ejohakpoajefopkahehlaaonipbhgmnmkbidmefljhnnjjobio'])
  })

  test('says which migrations the database has', async () => {
    const { lines } = await pcbs('db status')
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.every((line) => line.startsWith('applied'))).toBe(true)
    expect((await pcbs('db migrate')).lines).toEqual(['The database is up to date.'])
  })

  test.each([
    ['feeds show telco-a', 'Name the feed by telco, kind and number.'],
    ['feeds show telco-a phones 1', 'A kind of feed is subscribers or pairings.'],
    ['telcos add Telco!', 'A telco’s code is'],
    ['telcos add telco-y Ypsilon --public-key=short', '--public-key is an Ed25519 public key'],
    ['telcos suspend', 'Name the telco by its code.'],
    ['feeds list --sate open', 'Unknown option'],
  ])('says what is wrong with: pcbs %s', async (line, complaint) => {
    const { code, complaints } = await pcbs(line)
    expect(code).toBe(2)
    expect(complaints.join()).toContain(complaint)
  })
})
