import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  adapterNodeFlags,
  appModule,
  clientId,
  createDice,
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
  withClient,
  writeTelcoConfiguration,
} from '@pcbs/dev-nation'
import { fetchTelcoKey, periodUntil } from '@pcbs/sdk'
import { type Tally, tallyRegistry, tallySource } from './truth.ts'

const telco = 'telco-a'
const today = new Date().toISOString().slice(0, 10)

/** Who is killed, in a round each; nobody in every sixth. */
const victims = ['API', 'adapter', 'PostgreSQL', 'API', 'adapter', 'nobody'] as const
const rounds = { short: 6, whole: 90 }
/** A sync that was hit is tried again this often. */
const tries = 6

/**
 * Changes a telco's tables, syncs them, and kills API, database or adapter meanwhile. After each round the registry has
 * exactly what the tables hold, and in between never anything but the state before or the state after of a feed.
 */
export async function tortureFeeds({
  seed,
  isShort,
}: {
  readonly seed: number
  readonly isShort: boolean
}): Promise<readonly string[]> {
  const stage = await Stage.build(isShort ? 20_000 : 60_000)
  const faults: string[] = []
  try {
    const count = isShort ? rounds.short : rounds.whole
    for (let round = 0; round < count; round++) {
      const dice = createDice(seed, 100, round)
      const victim = victims[round % victims.length] ?? 'nobody'
      const fault = await stage.playRound(dice, victim)
      process.stdout.write(`round ${round + 1} of ${count}: ${victim} killed: ${fault ?? 'held'}\n`)
      if (fault) faults.push(`round ${round + 1}, ${victim} killed: ${fault}`)
    }
  } finally {
    await stage.strike()
  }
  return faults
}

/** The registry, the telco and its tables. */
class Stage {
  readonly #folder: string
  readonly #registry: RunningRegistry
  readonly #configuration: string
  readonly #restartPostgres: () => Promise<PostgresServer>
  readonly #sourceUrl: string
  #postgres: PostgresServer

  private constructor(parts: {
    folder: string
    registry: RunningRegistry
    configuration: string
    restartPostgres: () => Promise<PostgresServer>
    postgres: PostgresServer
    sourceUrl: string
  }) {
    this.#folder = parts.folder
    this.#registry = parts.registry
    this.#configuration = parts.configuration
    this.#restartPostgres = parts.restartPostgres
    this.#postgres = parts.postgres
    this.#sourceUrl = parts.sourceUrl
  }

  static async build(subscriptions: number): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'pcbs-torture-'))
    const port = await findFreePort()
    const dataFolder = join(tmpdir(), `pcbs-torture-postgres-${process.pid}`)
    const restartPostgres = () => startPostgres({ dataFolder, port, password: 'torture' })
    const postgres = await restartPostgres()
    const registry = await startRegistry({
      folder,
      superuserUrl: postgres.url(),
      databaseName: 'registry',
      ports: await findRegistryPorts(),
      telcos: [{ code: telco, name: 'Telco A' }],
    })
    const { url: sourceUrl } = await prepareTelcoDatabase(postgres.url(), telco, {
      seed: 1,
      subscriptions,
      today,
    })
    const site = { registry, telco, folder: join(folder, telco) }
    const configuration = await writeTelcoConfiguration(site, 'adapter', { database: sourceUrl })
    return new Stage({ folder, registry, configuration, restartPostgres, postgres, sourceUrl })
  }

  /** One day of a telco's life, with an accident. Gives what did not hold. */
  async playRound(dice: Dice, victim: (typeof victims)[number]): Promise<string | undefined> {
    const expected = await this.#changeSource(dice)
    const before = await this.#observe()
    const watching = new AbortController()
    const watch = this.#watch([before, expected], watching.signal)
    const accident = this.#causeAccident(dice, victim)
    const outcome = await this.#syncUntilApplied(accident)
    watching.abort()
    const halfSeen = await watch
    const found = await this.#observe()
    if (outcome) return outcome
    if (halfSeen) return halfSeen
    const isWhole = found.subscribers === expected.subscribers && found.pairings === expected.pairings
    return isWhole
      ? undefined
      : `the registry has ${JSON.stringify(found)}, the source ${JSON.stringify(expected)}`
  }

  /** Stops everything and leaves nothing behind. */
  async strike(): Promise<void> {
    await this.#registry.stop()
    await this.#postgres.remove()
    await rm(this.#folder, { recursive: true })
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
      return tallySource(source, await this.#key(), periodUntil(Date.now(), 90))
    })
  }

  async #key() {
    const privateKey = createPrivateKey(await readFile(this.#registry.keyFile(telco, 'adapter')))
    const { custodianUrl } = this.#registry
    return fetchTelcoKey({ custodianUrl, clientId: clientId(telco, 'adapter'), privateKey })
  }

  async #observe(): Promise<Tally> {
    return withClient(this.#postgres.url('registry'), tallyRegistry)
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

  /** Kills the victim at a random moment of the sync, and brings back what does not come back by itself. */
  #causeAccident(dice: Dice, victim: (typeof victims)[number]): (adapter: RunningProgram) => Promise<void> {
    const afterMs = 50 + dice.below(1500)
    let isDone = false
    return async (adapter) => {
      if (isDone) return
      isDone = true
      await delay(afterMs)
      if (victim === 'adapter') await adapter.kill()
      if (victim === 'API') {
        await this.#registry.programs.api.kill()
        await this.#registry.startApi()
      }
      if (victim === 'PostgreSQL') {
        await this.#postgres.kill()
        this.#postgres = await this.#restartPostgres()
      }
    }
  }

  async #syncUntilApplied(accident: (adapter: RunningProgram) => Promise<void>): Promise<string | undefined> {
    for (let attempt = 1; attempt <= tries; attempt++) {
      const adapter = await runProgram({
        name: 'adapter',
        module: appModule('adapter-sql'),
        arguments: [this.#configuration, '--once'],
        logFile: join(this.#folder, 'adapter.log'),
        environment: {},
        nodeFlags: adapterNodeFlags,
      })
      const synced = adapter.waitFor('synced').then(
        () => true,
        () => false,
      )
      const [isSynced] = await Promise.all([synced, accident(adapter)])
      await adapter.ended
      if (isSynced) return undefined
    }
    return `the adapter gave up after ${tries} tries: ${(await readFile(join(this.#folder, 'adapter.log'), 'utf8')).slice(-300)}`
  }
}
