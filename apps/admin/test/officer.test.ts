import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  clientId,
  findFreePort,
  findRegistryPorts,
  type RunningRegistry,
  signInOfficer,
  startRegistry,
} from '@pcbs/dev-nation'
import {
  createRegistryClient,
  encodeSource,
  expectAnswer,
  fetchTelcoKey,
  identifyClaimant,
  readPolicy,
  sendFeed,
} from '@pcbs/sdk'
import { publicKeyFromRaw } from '@pcbs/seal'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { runCommand } from '../src/commands.ts'

type OfficerName = 'officer-1' | 'officer-2'

const home = { country: 'MY', mccs: ['502'] } as const
const person = {
  msisdn: '60121110001',
  nationalId: '900101-14-1111',
  name: 'Invented Person',
  address: '1 Jalan Tiada',
} as const
let registry: RunningRegistry
let folder: string
let caseId: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-officer-'))
  registry = await startRegistry({
    folder,
    superuserUrl: inject('postgresUrl'),
    databaseName: `officer_${randomBytes(6).toString('hex')}`,
    rolePasswords: { owner: 'test', api: 'test', ingest: 'test', audit: 'test' },
    ports: { ...(await findRegistryPorts()), secondCustodian: await findFreePort() },
    telcos: [{ code: 'telco-a', name: 'Telco A' }],
  })
})
afterAll(async () => {
  await registry.stop()
  await rm(folder, { recursive: true })
})

/** Types a command line as an officer who is signed in; answers what it asks for. */
async function pcbs(officer: OfficerName, line: string, answers: readonly string[] = []) {
  const [lines, complaints, left]: [string[], string[], string[]] = [[], [], [...answers]]
  const { issuerUrl, apiUrl, secrets, ownerUrl, custodianUrls } = registry
  const code = await runCommand(line.split(' '), {
    environment: {
      PCBS_API_URL: apiUrl,
      PCBS_ISSUER: issuerUrl,
      PCBS_OWNER_DATABASE_URL: ownerUrl,
      PCBS_CUSTODIAN_URLS: custodianUrls.join(','),
      PCBS_ADMIN_KEY_FILE: join(folder, 'keys', 'administration.pem'),
      PCBS_ACCESS_TOKEN: await signInOfficer({
        issuerUrl,
        apiUrl,
        officer,
        password: secrets.officers[officer],
      }),
    },
    print: (text) => lines.push(...text.split('\n')),
    complain: (text) => complaints.push(text),
    ask: async () => left.shift() ?? '',
  })
  return { code, lines, complaints }
}

const keyFile = (officer: OfficerName) => registry.officerKeyFile(officer)

/** Feeds the person and files a case for them, as their telco does. */
async function fileCase(): Promise<string> {
  const { apiUrl: registryUrl, issuerUrl, custodianUrl } = registry
  const identity = async (client: 'adapter' | 'desk') => ({
    clientId: clientId('telco-a', client),
    privateKey: createPrivateKey(await readFile(registry.keyFile('telco-a', client))),
  })
  const adapter = await identity('adapter')
  const client = await createRegistryClient({ registryUrl, issuerUrl, scopes: ['feeds'], ...adapter })
  const key = await fetchTelcoKey({ custodianUrl, ...adapter })
  const listRoot = publicKeyFromRaw(registry.listRoot)
  if (!listRoot) throw new Error('the custodian gave no root key')
  const policy = await readPolicy(client, { telco: 'telco-a', listRoot })
  const today = new Date().toISOString().slice(0, 10)
  async function* people() {
    yield { ...person, isActive: true }
  }
  await sendFeed(client, {
    kind: 'subscribers',
    mode: 'snapshot',
    period: { from: today, to: today },
    policyVersion: policy.version,
    telco: 'telco-a',
    privateKey: adapter.privateKey,
    previousManifest: undefined,
    batches: () => encodeSource({ kind: 'subscribers', home, key, sealing: policy.sealing }, people()),
  })
  const desk = await createRegistryClient({
    registryUrl,
    issuerUrl,
    scopes: ['cases'],
    ...(await identity('desk')),
  })
  const claimant = identifyClaimant(key, home, person)
  if (!claimant.ok) throw new Error('the person of the tests is mistyped')
  const filed = await desk.POST('/v1/cases', {
    params: { header: { 'Idempotency-Key': randomUUID() } },
    body: { imeis: ['352099001761481'], reason: 'stolen', ...claimant.value },
  })
  return expectAnswer(filed).id
}

describe('pcbs policy', () => {
  test('publishes what the law asks for, and nothing without a law', async () => {
    const file = join(folder, 'sealing.json')
    await writeFile(file, JSON.stringify({ name: { form: 'sealed' } }))
    expect(await pcbs('officer-1', `policy publish ${file}`)).toMatchObject({
      code: 2,
      complaints: [expect.stringContaining('record its legal basis')],
    })
    await writeFile(file, JSON.stringify({ shoeSize: { form: 'sealed' } }))
    expect((await pcbs('officer-1', `policy publish ${file}`)).complaints[0]).toContain('no field shoeSize')
    // What is misspelt is not what is left out.
    for (const content of [null, [], 'x', { name: 'sealed' }, { name: { form: 'none', bassis: 'y' } }]) {
      await writeFile(file, JSON.stringify(content))
      expect(await pcbs('officer-1', `policy publish ${file}`)).toMatchObject({ code: 2, lines: [] })
    }
    const basis = 'An Act (invented), section 1'
    await writeFile(
      file,
      JSON.stringify({ name: { form: 'sealed', basis }, address: { form: 'sealed', basis } }),
    )
    expect((await pcbs('officer-1', `policy publish ${file}`)).lines).toEqual([
      'name: none before, sealed now',
      'address: none before, sealed now',
      expect.stringContaining('Policy 2 is in force'),
    ])
    expect((await pcbs('officer-1', `policy publish ${file}`)).lines[0]).toContain('says this already')
    expect((await pcbs('officer-1', 'policy show')).lines).toContain(`basis name ${basis}`)
  })
})

describe('pcbs officer', () => {
  test('opens a record for two officers, and only at the end of the one who asked', async () => {
    // The API looks for policies every five seconds; until then it serves the one before.
    for (let version = 1; version < 2; ) {
      const token = await signInOfficer({
        issuerUrl: registry.issuerUrl,
        apiUrl: registry.apiUrl,
        officer: 'officer-1',
        password: registry.secrets.officers['officer-1'],
      })
      const headers = { authorization: `Bearer ${token}` }
      const answer = await fetch(`${registry.apiUrl}/v1/collection-policy`, { headers })
      version = ((await answer.json()) as { version: number }).version
      await delay(200)
    }
    caseId = await fileCase()
    const asked = await pcbs(
      'officer-1',
      `officer request ${caseId} --purpose police-warrant --key ${keyFile('officer-1')}`,
    )
    expect(asked.code).toBe(0)
    const [opening] = asked.lines
    const open = `officer open ${opening} --key ${keyFile('officer-1')}`
    expect((await pcbs('officer-1', open)).complaints[0]).toContain('has not approved it yet')
    const own = await pcbs('officer-1', `officer approve ${opening} --key ${keyFile('officer-1')}`)
    expect(own.code).toBe(1)
    const approved = await pcbs('officer-2', `officer approve ${opening} --key ${keyFile('officer-2')}`)
    expect(approved.lines).toEqual([`${opening} is approved.`])
    expect(approved.complaints[0]).toContain('officer-1 asks to open a record for police-warrant')
    expect((await pcbs('officer-1', open)).lines).toEqual(['name: Invented Person', 'address: 1 Jalan Tiada'])
    // What it could be read with is gone.
    const names = await readdir(join(folder, 'keys'))
    expect(names.filter((name) => name.startsWith('opening-'))).toEqual([])
  })

  test('answers a claim, and asks for what nobody should type on a command line', async () => {
    const line = `officer check-claim telco-a --key ${keyFile('officer-1')}`
    expect((await pcbs('officer-1', line, ['0121110001', '900101-14-1111'])).lines).toEqual(['yes'])
    expect((await pcbs('officer-1', line, ['0121110001', '910101-14-1111'])).lines).toEqual(['no'])
    expect((await pcbs('officer-1', line, ['012\u2011111 0001', '900101 14 1111'])).lines).toEqual(['yes'])
    expect((await pcbs('officer-1', line, ['0121110001', 'MYS 900101141111'])).lines).toEqual(['yes'])
    expect((await pcbs('officer-1', line, ['0121119999', 'IDN A1234567'])).lines).toEqual(['number unknown'])
    expect((await pcbs('officer-1', line, ['0121119999', 'army T 1234567'])).lines).toEqual([
      'number unknown',
    ])
    expect((await pcbs('officer-1', line, ['abc', 'def'])).code).toBe(1)
  })

  test('says what is wrong', async () => {
    const key = `--key ${keyFile('officer-1')}`
    expect((await pcbs('officer-1', `officer request ${caseId} --purpose curiosity ${key}`)).code).toBe(2)
    expect(
      (await pcbs('officer-1', `officer request ${randomUUID()} --purpose court-order ${key}`)).code,
    ).toBe(1)
    expect((await pcbs('officer-1', `officer open ${randomUUID()} ${key}`)).complaints[0]).toContain(
      'is not here',
    )
    expect((await pcbs('officer-1', 'officer approve x --key nowhere.pem')).complaints[0]).toContain(
      'no key file',
    )
    const file = join(folder, 'new-key.pem')
    expect((await pcbs('officer-1', `officer key ${file}`)).lines[0]).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect((await pcbs('officer-1', `officer key ${file}`)).code).toBe(1)
  })
})
