import { createPrivateKey, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  clientId,
  createDice,
  type Dice,
  findFreePort,
  findRegistryPorts,
  type PostgresServer,
  type RunningRegistry,
  simulatedHome,
  startPostgres,
  startRegistry,
  todayInNation,
  withClient,
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
import { decodeLogEntry, publicKeyFromRaw } from '@pcbs/seal'
import { type AskedOpening, OfficerDesk } from '../openings/officer-desk.ts'

const telco = 'telco-a'
const basis = 'the torture itself'
const person = { msisdn: '60121110001', nationalId: '900101-14-1111', name: 'Invented Person' } as const
const imei = '352099001761481'

/** An officer's openings of a day, as the custodians count them. */
const budget = 20
/** Days played: two officers' budgets each. */
const days = { short: 1, whole: 250 } as const
/** What was hit is tried again this often, a tenth of a second apart: a slow machine takes long to bring an API back. */
const tries = 600

/**
 * Two officers open what their budgets give, while custodians and API are killed at random moments. After each day what
 * was released is what the log says was opened, on both custodians, and nobody opened more than their budget.
 */
export async function tortureOpenings({
  seed,
  isShort,
}: {
  readonly seed: number
  readonly isShort: boolean
}): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-torture-openings-'))
  const postgres = await startPostgres({
    dataFolder: join(tmpdir(), `pcbs-torture-openings-postgres-${process.pid}`),
    port: await findFreePort(),
    password: 'torture',
  })
  const registry = await startRegistry({
    folder,
    superuserUrl: postgres.url(),
    databaseName: 'registry',
    ports: { ...(await findRegistryPorts()), secondCustodian: await findFreePort() },
    policy: { name: { form: 'sealed', basis } },
    telcos: [{ code: telco, name: 'Telco A' }],
  })
  const faults: string[] = []
  try {
    const caseId = await fileCase(registry)
    let [opened, refused] = [0, 0]
    const count = isShort ? days.short : days.whole
    for (let day = 0; day < count; day++) {
      const played = await playDay({ registry, postgres, folder, caseId }, createDice(seed, 200, day))
      opened += played.opened
      refused += played.refused
      const fault = played.fault ?? (await findLogFault(postgres, opened + refused))
      process.stdout.write(
        `day ${day + 1} of ${count}: ${fault ?? 'held'}, ${opened} opened, ${played.kills} kills\n`,
      )
      if (fault) faults.push(`day ${day + 1}: ${fault}`)
    }
  } finally {
    await registry.stop()
    await postgres.remove()
    await rm(folder, { recursive: true })
  }
  return faults
}

interface Scene {
  readonly registry: RunningRegistry
  readonly postgres: PostgresServer
  readonly folder: string
  readonly caseId: string
}

interface PlayedDay {
  readonly opened: number
  /** Openings beyond the budget: logged, and released by nobody. */
  readonly refused: number
  readonly kills: number
  readonly fault: string | undefined
}

async function playDay({ registry, folder, caseId }: Scene, dice: Dice): Promise<PlayedDay> {
  // A new day: the ledgers of the one before are closed.
  await registry.programs.custodian.stop()
  await registry.programs.secondCustodian?.stop()
  for (const file of ledgers(folder)) await rm(file, { force: true })
  await registry.startCustodian()
  await registry.startSecondCustodian()
  const [first, second] = [
    await OfficerDesk.open(registry, 'officer-1'),
    await OfficerDesk.open(registry, 'officer-2'),
  ]
  const killing = new AbortController()
  const kills = killAtRandom(registry, dice, killing.signal)
  const opened: string[] = []
  let refused = 0
  let fault: string | undefined
  // One more than the budget gives.
  for (const [asking, approving] of [
    [first, second],
    [second, first],
  ] as const)
    for (let turn = 0; turn <= budget && !fault; turn++) {
      const asked = await patiently(() => asking.request(caseId))
      if (!asked || !(await patiently(async () => (await approving.approve(asked)) || undefined)))
        fault = 'an opening could not be asked for'
      const status = asked ? await openPatiently(asking, asked) : undefined
      if (turn < budget && status !== 200)
        fault = `opening ${turn + 1} of a budget of ${budget} gave ${status}`
      if (turn === budget && status !== 429) fault = `an opening beyond the budget gave ${status}`
      if (asked && status === 200) opened.push(asked.id)
      if (status === 429) refused += 1
    }
  killing.abort()
  const killed = await kills
  for (const file of ledgers(folder)) {
    const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean)
    const released = lines.map((line) => (JSON.parse(line) as { id: string }).id)
    if (!fault && released.toSorted().join() !== opened.toSorted().join())
      fault = `a custodian released ${released.length} shares, ${opened.length} openings arrived`
  }
  return { opened: opened.length, refused, kills: killed, fault }
}

/** Tries until the record is read or the custodians say no; the last status. */
async function openPatiently(desk: OfficerDesk, asked: AskedOpening): Promise<number> {
  let status = 0
  for (let attempt = 0; attempt < tries; attempt++) {
    const answer = await desk.open(asked)
    status = answer.status
    if (status === 200 && answer.body?.name !== person.name) return 0
    if (status === 200 || status === 429 || status === 403) return status
    await delay(100)
  }
  return status
}

async function patiently<Value>(attempt: () => Promise<Value | undefined>): Promise<Value | undefined> {
  for (let count = 0; count < tries; count++) {
    const value = await attempt()
    if (value !== undefined) return value
    await delay(100)
  }
  return undefined
}

/** Kills a custodian or the API every so often, and brings it back; gives how often. */
async function killAtRandom(registry: RunningRegistry, dice: Dice, signal: AbortSignal): Promise<number> {
  let kills = 0
  while (!signal.aborted) {
    await delay(200 + dice.below(1500), undefined, { signal }).catch(() => {})
    if (signal.aborted) break
    kills += 1
    const { programs } = registry
    const victim = dice.below(3)
    if (victim === 0) {
      await programs.custodian.kill()
      await registry.startCustodian()
    } else if (victim === 1) {
      await programs.secondCustodian?.kill()
      await registry.startSecondCustodian()
    } else {
      await programs.api.kill()
      await registry.startApi()
    }
  }
  return kills
}

function ledgers(folder: string): readonly string[] {
  return ['custodian-a', 'custodian-b'].map((name) => join(folder, 'custodian', `${name}.json.openings`))
}

/** The log tells of every opening that the custodians were asked for, and of no other. */
async function findLogFault(postgres: PostgresServer, asked: number): Promise<string | undefined> {
  const contents = await withClient(postgres.url('registry'), async (database) => {
    const { rows } = await database.query<{ content: string }>('SELECT content FROM log_entry ORDER BY index')
    return rows.map(({ content }) => content)
  })
  const logged = contents.filter((content) => decodeLogEntry(content)?.type === 'record-opened').length
  return logged === asked
    ? undefined
    : `the log tells of ${logged} openings, the custodians were asked for ${asked}`
}

/** Feeds one person whose name is sealed, and files a case for them. */
async function fileCase(registry: RunningRegistry): Promise<string> {
  const { apiUrl: registryUrl, issuerUrl, custodianUrl } = registry
  const identity = async (client: 'adapter' | 'desk') => ({
    clientId: clientId(telco, client),
    privateKey: createPrivateKey(await readFile(registry.keyFile(telco, client))),
  })
  const adapter = await identity('adapter')
  const client = await createRegistryClient({ registryUrl, issuerUrl, scopes: ['feeds'], ...adapter })
  const key = await fetchTelcoKey({ custodianUrl, ...adapter })
  const listRoot = publicKeyFromRaw(registry.listRoot)
  if (!listRoot) throw new Error('the custodian gave no root key')
  const { version: policyVersion, sealing } = await readPolicy(client, { telco, listRoot })
  async function* people() {
    yield { ...person, isActive: true }
  }
  const today = todayInNation()
  await sendFeed(client, {
    kind: 'subscribers',
    mode: 'snapshot',
    period: { from: today, to: today },
    policyVersion,
    telco,
    privateKey: adapter.privateKey,
    previousManifest: undefined,
    batches: () => encodeSource({ kind: 'subscribers', home: simulatedHome, key, sealing }, people()),
  })
  const desk = await createRegistryClient({
    registryUrl,
    issuerUrl,
    scopes: ['cases'],
    ...(await identity('desk')),
  })
  const claimant = identifyClaimant(key, simulatedHome, person)
  if (!claimant.ok) throw new Error('the person of the torture is malformed')
  const { id } = expectAnswer(
    await desk.POST('/v1/cases', {
      params: { header: { 'Idempotency-Key': randomUUID() } },
      body: { imeis: [imei], reason: 'stolen', ...claimant.value },
    }),
  )
  return id
}
