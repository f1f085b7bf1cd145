import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  askEquipmentStatus,
  type Dice,
  findFreePort,
  findRegistryPorts,
  type PostgresServer,
  type RunningProgram,
  type RunningRegistry,
  type SecondApi,
  signInOfficer,
  startEdgeProcess,
  startPostgres,
  startRegistry,
  withClient,
} from '@pcbs/dev-nation'
import { file, fileCases, openDesk, type Subject, telco } from './cases-desk.ts'

const officer = 'officer-1'

/** What everything that was hit may take to come back and to agree. */
const patienceMs = 60_000

/** What an officer can say of a case. The lifecycle refuses what the case's state does not take. */
const events = [
  'verify',
  'block',
  'request_release',
  'release',
  'keep',
  'dispute',
  'reject',
  'change_exceptions',
] as const

/** What the lifecycle answers. */
const lifecycleStatuses = new Set([201, 409])

/** Two APIs on one database that can crash, an edge, and pairs of cases that share phones. */
export class CasesStage {
  readonly registry: RunningRegistry
  readonly faults: string[] = []
  events = 0
  /** Whether something is killed in this round: then an answer may be that the registry cannot serve now. */
  isKilling = false
  readonly #folder: string
  readonly #postgresOptions: { readonly dataFolder: string; readonly port: number; readonly password: string }
  readonly #edgePort: number
  #postgres: PostgresServer
  readonly #second: SecondApi
  readonly #edge: RunningProgram
  readonly #subjects: readonly Subject[]
  readonly #sims: readonly string[]
  #token: string

  private constructor(parts: {
    registry: RunningRegistry
    folder: string
    postgres: PostgresServer
    postgresOptions: { dataFolder: string; port: number; password: string }
    second: SecondApi
    edge: RunningProgram
    edgePort: number
    subjects: readonly Subject[]
    sims: readonly string[]
    token: string
  }) {
    this.registry = parts.registry
    this.#folder = parts.folder
    this.#postgres = parts.postgres
    this.#postgresOptions = parts.postgresOptions
    this.#second = parts.second
    this.#edge = parts.edge
    this.#edgePort = parts.edgePort
    this.#subjects = parts.subjects
    this.#sims = parts.sims
    this.#token = parts.token
  }

  /** Builds it, with so many pairs of cases. */
  static async build(pairs: number): Promise<CasesStage> {
    const folder = await mkdtemp(join(tmpdir(), 'pcbs-torture-cases-'))
    const postgresOptions = {
      dataFolder: join(tmpdir(), `pcbs-torture-cases-postgres-${process.pid}`),
      port: await findFreePort(),
      password: 'torture',
    }
    const postgres = await startPostgres(postgresOptions)
    const registry = await startRegistry({
      folder,
      superuserUrl: postgres.url(),
      databaseName: 'registry',
      ports: await findRegistryPorts(),
      telcos: [{ code: telco, name: 'Telco A' }],
      // Provisional blocks end while officers decide.
      apiEnvironment: { PCBS_PROVISIONAL_PERIOD_MS: '3000', PCBS_EXPIRY_INTERVAL_MS: '100' },
    })
    const second = await registry.startSecondApi()
    const edgePort = await findFreePort()
    const site = { registry, telco, folder: join(folder, telco) }
    const edge = await startEdgeProcess(site, { port: edgePort, settings: { drainMs: '100' } })
    const { subjects, sims } = await fileCases(registry, pairs)
    const token = await signIn(registry)
    const parts = {
      registry,
      folder,
      postgres,
      postgresOptions,
      second,
      edge,
      edgePort,
      subjects,
      sims,
      token,
    }
    return new CasesStage(parts)
  }

  /** Several officers decide at once, each now at one API and now at the other. */
  async decide(dice: Dice, count: number): Promise<void> {
    this.#token = await signIn(this.registry)
    const officers = 4
    await Promise.all(
      Array.from({ length: officers }, async () => {
        for (let index = 0; index < count / officers; index++) await this.#decideOne(dice)
      }),
    )
  }

  async #decideOne(dice: Dice): Promise<void> {
    const subject = dice.pick(this.#subjects)
    const event = dice.pick(events)
    const apiUrl = dice.chance(0.5) ? this.registry.apiUrl : this.#second.url
    const exceptions = dice.chance(0.5) ? [{ telco, imsi: dice.pick(this.#sims) }] : []
    const answer = await fetch(`${apiUrl}/v1/cases/${subject.caseId}/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#token}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify({
        event,
        ...(event === 'verify' && { arePapersAccepted: true }),
        ...(['block', 'keep', 'change_exceptions'].includes(event) && { exceptions }),
      }),
    }).catch(() => undefined)
    if (!answer) return
    this.events += 1
    const isExcused = answer.status === 503 && this.isKilling
    if (!lifecycleStatuses.has(answer.status) && !isExcused)
      this.faults.push(`${event} is answered ${answer.status}`)
    const version = Number(/\d+/.exec(answer.headers.get('etag') ?? '')?.[0] ?? 0)
    await answer.body?.cancel()
    if (answer.status === 201) subject.acknowledgedVersion = Math.max(subject.acknowledgedVersion, version)
  }

  /** The database ends as in a crash, and comes back. */
  async crashPostgres(): Promise<void> {
    await this.#postgres.kill()
    this.#postgres = await startPostgres(this.#postgresOptions)
  }

  async restartFirstApi(): Promise<void> {
    await this.registry.programs.api.kill()
    await this.registry.startApi()
  }

  /** Waits until everything is back and the edge has everything; gives what does not agree. */
  async settle(): Promise<readonly string[]> {
    const deadline = performance.now() + patienceMs
    while (!(await this.#areBothReady())) {
      if (performance.now() > deadline) return ['an API does not come back']
      await delay(100)
    }
    while (!(await this.#isEdgeUpToDate())) {
      if (performance.now() > deadline) return ['the edge does not get the newest list']
      await delay(50)
    }
    const found = [...this.faults.splice(0), ...(await this.#findLost()), ...(await this.#findWrongAnswers())]
    await this.registry.verifyDatabase().catch((error: Error) => found.push(error.message))
    return found
  }

  async #areBothReady(): Promise<boolean> {
    const answers = await Promise.all(
      [this.registry.apiUrl, this.#second.url].map((url) => fetch(`${url}/readyz`).catch(() => undefined)),
    )
    return answers.every((answer) => answer?.ok)
  }

  async #isEdgeUpToDate(): Promise<boolean> {
    const rows = await this.#query(
      `SELECT (SELECT seq FROM list_head) = coalesce((SELECT max(seq) FROM edge), 0)
         AND NOT EXISTS (SELECT FROM block_case WHERE provisional_until <= now()
           AND state IN ('blocked', 'release_requested', 'disputed')) AS done`,
    )
    return rows[0]?.done === true
  }

  /** What an officer was told had happened, and the database has not. */
  async #findLost(): Promise<readonly string[]> {
    const rows = await this.#query('SELECT id, version FROM block_case')
    const versions = new Map(rows.map(({ id, version }) => [id, Number(version)]))
    return this.#subjects
      .filter(({ caseId, acknowledgedVersion }) => (versions.get(caseId) ?? 0) < acknowledgedVersion)
      .map(({ caseId }) => `case ${caseId} lost an event that was acknowledged`)
  }

  /** Phones of which the edge says something else than their cases do. */
  async #findWrongAnswers(): Promise<readonly string[]> {
    const rows = await this.#query(
      `SELECT id FROM block_case WHERE state IN ('blocked', 'release_requested', 'disputed')`,
    )
    const holding = new Set(rows.map(({ id }) => id))
    const session = connect(`http://127.0.0.1:${this.#edgePort}`)
    try {
      const wrong: string[] = []
      for (const imei of new Set(this.#subjects.flatMap(({ imeis }) => imeis))) {
        const isHeld = this.#subjects.some((each) => each.imeis.includes(imei) && holding.has(each.caseId))
        const answer = await askEquipmentStatus(session, `imei-${imei}`)
        if (answer !== (isHeld ? 'BLACKLISTED' : 'WHITELISTED'))
          wrong.push(`the edge says ${answer} of a phone that ${isHeld ? 'a' : 'no'} case holds`)
      }
      return wrong
    } finally {
      session.close()
    }
  }

  async #query(text: string): Promise<readonly Record<string, unknown>[]> {
    return withClient(this.#postgres.url('registry'), async (client) => (await client.query(text)).rows)
  }

  /** Files every case that has come to its end anew, so that there is always something to decide. */
  async refill(): Promise<void> {
    const rows = await this.#query(
      `SELECT id FROM block_case WHERE state IN ('released', 'rejected', 'withdrawn', 'expired')`,
    )
    const over = new Set(rows.map(({ id }) => id))
    const client = await openDesk(this.registry)
    for (const [place, subject] of this.#subjects.entries()) {
      if (!over.has(subject.caseId)) continue
      const caseId = await file(client, subject.imeis, place)
      Object.assign(subject, { caseId, acknowledgedVersion: 1 })
    }
  }

  /** Stops everything and leaves nothing behind. */
  async strike(): Promise<void> {
    await this.#edge.stop()
    await this.registry.stop()
    await this.#postgres.remove()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function signIn({ apiUrl, issuerUrl, secrets }: RunningRegistry): Promise<string> {
  return signInOfficer({ apiUrl, issuerUrl, officer, password: secrets.officers[officer] })
}
