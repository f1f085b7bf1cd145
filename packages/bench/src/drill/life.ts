import { createHash, createPrivateKey, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  adapterNodeFlags,
  appModule,
  clientId,
  type RunningRegistry,
  runProgram,
  signInOfficer,
  simulatedHome,
  todayInNation,
  withClient,
} from '@pcbs/dev-nation'
import {
  createRegistryClient,
  expectAnswer,
  fetchTelcoKey,
  identifyClaimant,
  type RegistryClient,
} from '@pcbs/sdk'
import { OfficerDesk } from '../openings/officer-desk.ts'
import type { Person } from './people.ts'

const today = todayInNation()

/** The telco of the drill, and what it needs to take part. */
export interface DrillTelco {
  readonly registry: RunningRegistry
  readonly code: string
  /** Its own database. */
  readonly databaseUrl: string
  readonly configuration: string
  readonly logFolder: string
}

/** Fills a telco's own tables with people. */
export async function plantPeople(databaseUrl: string, people: readonly Person[]): Promise<void> {
  const column = (of: (person: Person) => string) => people.map(of)
  await withClient(databaseUrl, async (database) => {
    await database.query(`
      CREATE TABLE subscriber (msisdn text PRIMARY KEY, national_id text, issuing_country text, ended_on date, name text, address text);
      CREATE TABLE device_use (imei text, imsi text, msisdn text, first_seen date, last_seen date, rat text)`)
    await database.query(
      `INSERT INTO subscriber (msisdn, national_id, name, address) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])`,
      [column((p) => p.msisdn), column((p) => p.nationalId), column((p) => p.name), column((p) => p.address)],
    )
    await database.query(
      `INSERT INTO device_use SELECT imei, imsi, msisdn, '${today}', '${today}', '' FROM unnest($1::text[], $2::text[], $3::text[]) AS use(imei, imsi, msisdn)`,
      [column((p) => p.imei), column((p) => p.imsi), column((p) => p.msisdn)],
    )
  })
}

/** Runs the telco's adapter once; gives whether it got to its end. */
export async function syncOnce(
  { configuration, logFolder }: DrillTelco,
  accident: () => Promise<void> = async () => {},
): Promise<boolean> {
  const adapter = await runProgram({
    name: 'adapter',
    module: appModule('adapter-sql'),
    arguments: [configuration, '--once'],
    logFile: join(logFolder, 'adapter.log'),
    environment: {},
    nodeFlags: adapterNodeFlags,
  })
  const synced = adapter.waitFor('synced').then(
    () => true,
    () => false,
  )
  await accident()
  await adapter.ended
  return synced
}

/** Reads names and addresses too: the drill's policy has them sealed. */
export const subscribersQuery = `SELECT msisdn, national_id AS "nationalId", issuing_country AS "issuingCountry", name, address,
  true AS "isActive" FROM subscriber WHERE ended_on IS NULL ORDER BY msisdn`

/** Has two officers open what is sealed of the claimants of these cases, and looks whether it is theirs. */
export async function openRecords(
  { registry }: DrillTelco,
  cases: readonly { readonly id: string; readonly victim: Person }[],
): Promise<void> {
  const [asking, approving] = [
    await OfficerDesk.open(registry, 'officer-1'),
    await OfficerDesk.open(registry, 'officer-2'),
  ]
  for (const { id, victim } of cases) {
    const asked = await asking.request(id)
    const isApproved = asked && (await approving.approve(asked))
    const { body } = isApproved ? await asking.open(asked) : { body: undefined }
    if (body?.name !== victim.name || body.address !== victim.address)
      throw new Error('a planted person’s record did not open')
  }
}

/** Files cases for these people, has an officer look at them, and releases nothing. */
export async function fileCases(
  telco: DrillTelco,
  victims: readonly Person[],
): Promise<readonly { readonly id: string; readonly victim: Person }[]> {
  const cases: { id: string; victim: Person }[] = []
  const { registry, code } = telco
  const privateKey = createPrivateKey(await readFile(registry.keyFile(code, 'desk')))
  const identity = { clientId: clientId(code, 'desk'), privateKey }
  const { apiUrl: registryUrl, issuerUrl, custodianUrl } = registry
  const desk = await createRegistryClient({ registryUrl, issuerUrl, scopes: ['cases'], ...identity })
  const key = await fetchTelcoKey({ custodianUrl, ...identity })
  for (const victim of victims) {
    const { msisdn, nationalId, imei } = victim
    const claimant = identifyClaimant(key, simulatedHome, { msisdn, nationalId })
    if (!claimant.ok) throw new Error('a planted person is malformed')
    const { id } = expectAnswer(
      await desk.POST('/v1/cases', {
        params: { header: { 'Idempotency-Key': randomUUID() } },
        body: { imeis: [`${imei}00`], reason: 'stolen', ...claimant.value },
      }),
    )
    cases.push({ id, victim })
  }
  const token = await signInOfficer({
    issuerUrl,
    apiUrl: registryUrl,
    officer: 'officer-1',
    password: registry.secrets.officers['officer-1'],
  })
  await fetch(`${registryUrl}/v1/cases`, { headers: { authorization: `Bearer ${token}` } })
  return cases
}

/** Sends these people's data in clear wherever a request has room for it: each must be refused and kept nowhere. */
export async function sendInClear(telco: DrillTelco, offenders: readonly Person[]): Promise<void> {
  const { registry, code } = telco
  const privateKey = createPrivateKey(await readFile(registry.keyFile(code, 'adapter')))
  const client = await createRegistryClient({
    registryUrl: registry.apiUrl,
    issuerUrl: registry.issuerUrl,
    scopes: ['feeds'],
    clientId: clientId(code, 'adapter'),
    privateKey,
  })
  const opened = await client.POST('/v1/feeds', {
    params: { header: { 'Idempotency-Key': randomUUID() } },
    body: { kind: 'pairings', mode: 'delta', periodFrom: '2020-01-01', periodTo: today, policyVersion: 1 },
  })
  for (const [index, person] of offenders.entries()) {
    if (opened.data) await putInClear(client, opened.data.number, index + 1, person)
    await fetch(`${registry.apiUrl}/v1/public-checks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ imei: person.msisdn, name: person.name, address: person.address }),
    })
    await fetch(`${registry.apiUrl}/v1/cases/${person.nationalId}?after=${person.imsi}`, {
      headers: { authorization: `Bearer ${person.name}` },
    })
  }
}

async function putInClear(
  client: RegistryClient,
  number: number,
  part: number,
  { msisdn, imsi, nationalId, name, address, imei }: Person,
): Promise<void> {
  const text = [
    `+,${imei},${imsi},${msisdn},${today},${today},H,\n`,
    `+,${name},${address},${nationalId},${msisdn},${imsi},H,${name}\n`,
    `!,${nationalId},${name}\n`,
    `${name};${address};${nationalId}\n`,
  ].join('')
  await client.PUT('/v1/feeds/{kind}/{number}/parts/{part}', {
    params: {
      path: { kind: 'pairings', number, part },
      header: { 'Content-Digest': `sha-256=:${createHash('sha256').update(text).digest('base64')}:` },
    },
    headers: { 'content-type': 'application/vnd.pcbs.feed-part' },
    body: text as never,
    bodySerializer: (body) => body,
  })
}
