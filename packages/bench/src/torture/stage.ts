import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { addDays } from '@pcbs/core'
import {
  adapterNodeFlags,
  appModule,
  clientId,
  type Dice,
  findFreePort,
  findRegistryPorts,
  type PostgresServer,
  prepareTelcoDatabase,
  type RunningProgram,
  type RunningRegistry,
  runProgram,
  startPostgres,
  startRegistry,
  todayInNation,
  withClient,
  writeTelcoConfiguration,
} from '@pcbs/dev-nation'
import { fetchTelcoKey } from '@pcbs/sdk'
import { publicKeyFromRaw } from '@pcbs/seal'
import { type Meddler, startMeddler } from './meddler.ts'
import { findReceiptFault, type Tally, tallyRegistry, tallySource } from './truth.ts'

const telco = 'telco-a'
const today = todayInNation()

/** A sync that was hit is tried again this often. */
const tries = 8

/** A database that recovers is looked at this often, a fifth of a second apart. */
const revivals = 300

/** What a stage is built with. */
export interface StagePlan {
  readonly subscriptions: number
  /** Where PostgreSQL keeps its data; a folder of the stage's own where left out. */
  readonly dataFolder?: string
  readonly postgresSettings?: Readonly<Record<string, string>>
}

/** Something that happens while a telco's adapter syncs. */
export type Accident = (stage: Stage, dice: Dice, adapter: RunningProgram) => Promise<void>

/** The registry, the telco and its tables, and the line between them. */
export class Stage {
  readonly folder: string
  readonly registry: RunningRegistry
  readonly meddler: Meddler
  /** The configurations of two machines on which the telco may run its adapter. */
  readonly #configurations: readonly string[]
  readonly #restartPostgres: () => Promise<PostgresServer>
  readonly #sourceUrl: string
  #postgres: PostgresServer

  private constructor(parts: {
    folder: string
    registry: RunningRegistry
    meddler: Meddler
    configurations: readonly string[]
    restartPostgres: () => Promise<PostgresServer>
    postgres: PostgresServer
    sourceUrl: string
  }) {
    this.folder = parts.folder
    this.registry = parts.registry
    this.meddler = parts.meddler
    this.#configurations = parts.configurations
    this.#restartPostgres = parts.restartPostgres
    this.#postgres = parts.postgres
    this.#sourceUrl = parts.sourceUrl
  }

  /** Builds it. */
  static async build({ subscriptions, dataFolder, postgresSettings = {} }: StagePlan): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'pcbs-torture-'))
    const port = await findFreePort()
    const restartPostgres = () =>
      startPostgres({
        dataFolder: dataFolder ?? join(tmpdir(), `pcbs-torture-postgres-${process.pid}`),
        port,
        password: 'torture',
        settings: postgresSettings,
      })
    const postgres = await restartPostgres()
    const ports = await findRegistryPorts()
    const own = await findFreePort()
    const meddler = await startMeddler({ own, registry: ports.api })
    const registry = await startRegistry({
      folder,
      superuserUrl: postgres.url(),
      databaseName: 'registry',
      ports,
      publicUrl: `http://localhost:${own}`,
      telcos: [{ code: telco, name: 'Telco A' }],
    })
    const plan = { seed: 1, subscriptions, today }
    const { url: sourceUrl } = await prepareTelcoDatabase(postgres.url(), telco, plan)
    const site = { registry, telco, folder: join(folder, telco) }
    const settings = { database: sourceUrl }
    const configurations = [
      await writeTelcoConfiguration(site, 'adapter', settings),
      await writeTelcoConfiguration(site, 'adapter', settings, 'rival'),
    ]
    return new Stage({ folder, registry, meddler, configurations, restartPostgres, postgres, sourceUrl })
  }

  /** One day of a telco's life, with an accident. Gives what did not hold. */
  async playDay(dice: Dice, accident: Accident): Promise<string | undefined> {
    const expected = await this.#changeSource(dice)
    const before = await this.#observe()
    const watching = new AbortController()
    const watch = this.#watch([before, expected], watching.signal)
    const failure = await this.#syncUntilApplied(dice, accident)
    watching.abort()
    const halfSeen = await watch
    const found = await this.#observe()
    if (failure) return failure
    if (halfSeen) return halfSeen
    if (found.subscribers !== expected.subscribers || found.pairings !== expected.pairings)
      return `the registry has ${JSON.stringify(found)}, the source ${JSON.stringify(expected)}`
    return this.#findReceiptFault()
  }

  /** Stops everything and leaves nothing behind. */
  async strike(): Promise<void> {
    await this.registry.stop()
    await this.meddler.stop()
    await this.#postgres.remove()
    await rm(this.folder, { recursive: true })
  }

  /** Kills the database and brings it back. */
  async crashPostgres(): Promise<void> {
    await this.#postgres.kill()
    await this.revivePostgres()
  }

  /**
   * Waits until the database answers, and brings it back where it ended by itself.
   * @throws {Error} when it does neither
   */
  async revivePostgres(): Promise<void> {
    for (let attempt = 0; attempt < revivals; attempt++) {
      const answers = await this.#observe().then(
        () => true,
        () => false,
      )
      if (answers) return
      const hasEnded = await Promise.race([
        this.#postgres.ended.then(() => true),
        delay(200).then(() => false),
      ])
      if (hasEnded) this.#postgres = await this.#restartPostgres()
    }
    throw new Error('PostgreSQL neither answers nor ends')
  }

  /** Starts the adapter of the telco's first or second machine. */
  async startAdapter(machine: 0 | 1): Promise<RunningProgram> {
    return runProgram({
      name: 'adapter',
      module: appModule('adapter-sql'),
      arguments: [this.#configurations[machine] ?? '', '--once'],
      logFile: join(this.folder, 'adapter.log'),
      environment: {},
      nodeFlags: adapterNodeFlags,
    })
  }

  async #changeSource(dice: Dice): Promise<Tally> {
    return withClient(this.#sourceUrl, async (source) => {
      const part = dice.below(50)
      await source.query(
        "UPDATE device_use SET last_seen = $2 WHERE right(msisdn, 2)::int % 50 = $1 AND msisdn ~ '^60[0-9]+$'",
        [part, today],
      )
      await source.query('DELETE FROM device_use WHERE right(msisdn, 3) = $1', [
        String(dice.below(1000)).padStart(3, '0'),
      ])
      await source.query(
        `INSERT INTO device_use SELECT '3599' || lpad((n + $1)::text, 10, '0'), imsi, msisdn, $2, $2, '' FROM (
           SELECT imsi, msisdn, row_number() OVER () AS n FROM device_use WHERE imsi LIKE '502%' AND length(imsi) = 15 LIMIT 200) taken`,
        [dice.below(1_000_000), today],
      )
      return tallySource(source, await this.#key(), { from: addDays(today, -90), to: today })
    })
  }

  async #key() {
    const privateKey = createPrivateKey(await readFile(this.registry.keyFile(telco, 'adapter')))
    const { custodianUrl } = this.registry
    return fetchTelcoKey({ custodianUrl, clientId: clientId(telco, 'adapter'), privateKey })
  }

  async #observe(): Promise<Tally> {
    return withClient(this.#postgres.url('registry'), tallyRegistry)
  }

  async #findReceiptFault(): Promise<string | undefined> {
    const root = publicKeyFromRaw(this.registry.listRoot)
    if (!root) throw new Error('the custodian gave no root key')
    const stateFolder = join(this.folder, telco, 'adapter-state')
    return withClient(this.#postgres.url('registry'), (registry) =>
      findReceiptFault(registry, { stateFolder, root }),
    )
  }

  /** Looks again and again; gives the first thing that is neither before nor after. */
  async #watch(allowed: readonly Tally[], signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const seen = await this.#observe().catch(() => undefined)
      const kinds = ['subscribers', 'pairings'] as const
      for (const kind of kinds)
        if (seen && !allowed.some((tally) => tally[kind] === seen[kind]))
          return `half-visible ${kind}: ${seen[kind]}`
      await delay(30)
    }
    return undefined
  }

  async #syncUntilApplied(dice: Dice, accident: Accident): Promise<string | undefined> {
    for (let attempt = 1; attempt <= tries; attempt++) {
      const adapter = await this.startAdapter(0)
      const synced = adapter.waitFor('synced').then(
        () => true,
        () => false,
      )
      const happened = attempt === 1 ? accident(this, dice, adapter) : undefined
      const [isSynced] = await Promise.all([synced, happened])
      await adapter.ended
      // What happened to the line or to a rival may have left the last word to somebody else: sync once more.
      if (isSynced && attempt > 1) return undefined
    }
    return `the adapter gave up after ${tries} tries: ${(await readFile(join(this.folder, 'adapter.log'), 'utf8')).slice(-300)}`
  }
}
