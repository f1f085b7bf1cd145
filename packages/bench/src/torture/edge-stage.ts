import { createPrivateKey, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Dice,
  findFreePort,
  findRegistryPorts,
  listedImei,
  type PostgresServer,
  type RunningProgram,
  type RunningRegistry,
  signInOfficer,
  startEdgeProcess,
  startPostgres,
  startRegistry,
  type TelcoSite,
  withClient,
} from '@pcbs/dev-nation'
import { createRegistryClient, expectAnswer, fetchTelcoKey } from '@pcbs/sdk'
import { encodeToken, makeToken } from '@pcbs/seal'
import { EdgeWitness, type SeenHit } from './edge-witness.ts'
import { type Line, openLine } from './line.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

const telco = 'telco-a'
const diskMegabytes = 60
/** What an edge that was hit may take to come back and to have everything. */
const patienceMs = 60_000
/** What an edge refused within this time before a crash may be lost: docs/operating.md. */
const hitLossMs = 1000
/**
 * An edge hands over one hit of a phone in this time, and not those that repeat it: docs/edge.md. Its clock and that of
 * who watches it may differ by some milliseconds.
 */
const mergedMs = 60_000 + 1000

/** A phone whose case an officer moves to and fro. */
interface Subject {
  readonly imei: string
  readonly caseId: string
}

/** A registry, one edge with a small disk, the line between them, and who watches what the edge says. */
export class EdgeStage {
  readonly registry: RunningRegistry
  readonly line: Line
  readonly disk: SmallDisk | undefined
  readonly witness: EdgeWitness
  readonly #folder: string
  readonly #postgres: PostgresServer
  readonly #site: TelcoSite
  readonly #port: number
  readonly #directUrl: string
  readonly #clockFile: string
  readonly #subjects: readonly Subject[]
  readonly #crashes: number[] = []
  #edge: RunningProgram

  private constructor(parts: {
    registry: RunningRegistry
    line: Line
    disk: SmallDisk | undefined
    folder: string
    postgres: PostgresServer
    site: TelcoSite
    port: number
    directUrl: string
    clockFile: string
    subjects: readonly Subject[]
    edge: RunningProgram
  }) {
    this.registry = parts.registry
    this.line = parts.line
    this.disk = parts.disk
    this.#folder = parts.folder
    this.#postgres = parts.postgres
    this.#site = parts.site
    this.#port = parts.port
    this.#directUrl = parts.directUrl
    this.#clockFile = parts.clockFile
    this.#subjects = parts.subjects
    this.#edge = parts.edge
    const imeis = parts.subjects.map(({ imei }) => imei)
    this.witness = new EdgeWitness(parts.postgres.url('registry'), parts.port, imeis)
  }

  /** Builds it, with so many phones. */
  static async build(phones: number): Promise<EdgeStage> {
    const folder = await mkdtemp(join(tmpdir(), 'pcbs-torture-edge-'))
    const postgres = await startPostgres({
      dataFolder: join(tmpdir(), `pcbs-torture-edge-postgres-${process.pid}`),
      port: await findFreePort(),
      password: 'torture',
    })
    const [ports, own] = [await findRegistryPorts(), await findFreePort()]
    const line = await openLine({ own, registry: ports.api })
    const registry = await startRegistry({
      folder,
      superuserUrl: postgres.url(),
      databaseName: 'registry',
      ports,
      publicUrl: `http://localhost:${own}`,
      telcos: [{ code: telco, name: 'Telco A' }],
      // Snapshots come often, so that edges begin from them often.
      apiEnvironment: { PCBS_SNAPSHOT_CHANGES: '10', PCBS_SNAPSHOT_INTERVAL_MS: '200' },
    })
    const subjects = await fileCases(registry, phones)
    const site = { registry, telco, folder: join(folder, telco) }
    // Its state lies on a disk that can be filled.
    const disk = await mountSmallDisk(join(site.folder, 'edge-1-state'), diskMegabytes)
    const clockFile = join(folder, 'clock-offset')
    await writeFile(clockFile, '0')
    await writeFile(join(folder, 'clock.mjs'), clockShim(clockFile))
    const port = await findFreePort()
    const parts = { registry, line, disk, folder, postgres, site, port, clockFile, subjects }
    const edge = await startEdgeProcess(site, edgePlan(folder, port))
    return new EdgeStage({ ...parts, directUrl: `http://localhost:${ports.api}`, edge })
  }

  /** Moves some phones on the list or off it; what does not succeed was not asked for in vain: the database knows. */
  async change(dice: Dice, count: number): Promise<void> {
    const { apiUrl, issuerUrl, secrets } = this.registry
    const officer = 'officer-1'
    const password = secrets.officers[officer]
    const token = await signInOfficer({ apiUrl, issuerUrl, officer, password }).catch(() => undefined)
    for (let index = 0; token !== undefined && index < count; index++) {
      const { caseId } = this.#subjects[dice.below(this.#subjects.length)] as Subject
      for (const event of dice.below(2) === 0 ? ['verify', 'block'] : ['request_release', 'release'])
        await this.#decide(caseId, event, token)
    }
  }

  async #decide(caseId: string, event: string, token: string): Promise<void> {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    }
    const body = JSON.stringify({ event, ...(event === 'verify' && { arePapersAccepted: true }) })
    await fetch(`${this.#directUrl}/v1/cases/${caseId}/events`, { method: 'POST', headers, body }).catch(
      () => {},
    )
  }

  /** Kills the edge; what it refused just before may be lost with it. */
  async killEdge(): Promise<void> {
    this.#crashes.push(Date.now())
    await this.#edge.kill()
  }

  async startEdge(): Promise<void> {
    this.#edge = await startEdgeProcess(this.#site, edgePlan(this.#folder, this.#port))
  }

  async restartApi(): Promise<void> {
    await this.registry.programs.api.kill()
    await this.registry.startApi()
  }

  /** Changes a byte of each newest snapshot, or of all of them. */
  async damageSnapshots(dice: Dice, which: 'newest' | 'all'): Promise<void> {
    const folder = join(this.#site.folder, 'edge-1-state')
    const names = (await readdir(folder)).filter((name) => name.endsWith('.snapshot'))
    const bySeq = names.toSorted((one, other) => seqOf(other) - seqOf(one))
    for (const name of which === 'all' ? bySeq : bySeq.slice(0, 1)) {
      const path = join(folder, name)
      const bytes = await readFile(path)
      const place = dice.below(bytes.length)
      bytes[place] = (bytes[place] as number) ^ (1 + dice.below(255))
      await writeFile(path, bytes)
    }
  }

  /** Sets the edge's clock by so many seconds, at once. */
  async setClock(offsetSeconds: number): Promise<void> {
    await writeFile(this.#clockFile, String(offsetSeconds * 1000))
  }

  /** Waits until the edge has everything, asks it about every phone, and gives what was wrong since the last time. */
  async settle(): Promise<readonly string[]> {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const { newest, acknowledged } = await this.witness.sequences()
      if (acknowledged === newest) break
      if (performance.now() > deadline) return [`the edge stays at ${acknowledged} of ${newest}`]
      await delay(100)
    }
    await this.witness.askAll()
    return this.witness.faults.splice(0)
  }

  /** Compares what the registry has of the edge's refusals with what was seen of them, those of one minute as one. */
  async findLostHits(): Promise<string | undefined> {
    const isSafe = (atMs: number) =>
      !this.#crashes.some((crashedAtMs) => atMs <= crashedAtMs && atMs > crashedAtMs - hitLossMs)
    const { hits } = this.witness
    const safe = hits.filter(({ atMs }) => isSafe(atMs))
    const expected = leastDelivered(safe)
    const deadline = performance.now() + patienceMs
    for (;;) {
      const delivered = await this.#countHits()
      if (delivered >= expected) return undefined
      if (performance.now() > deadline)
        return `the registry has ${delivered} hits of at least ${expected}, of ${hits.length} seen and ${safe.length} that no crash excuses`
      await delay(200)
    }
  }

  async #countHits(): Promise<number> {
    return withClient(this.#postgres.url('registry'), async (client) => {
      const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM hit')
      return Number(rows[0]?.count)
    })
  }

  /** Stops everything and leaves nothing behind. */
  async strike(): Promise<void> {
    await this.#edge.stop()
    await this.line.stop()
    await this.registry.stop()
    await this.#postgres.remove()
    await this.disk?.remove()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** How many hits an edge hands over of these at least: of each phone one for every refusal that none before it covers. */
function leastDelivered(seen: readonly SeenHit[]): number {
  const coveredUntilMs = new Map<string, number>()
  let count = 0
  for (const { imei, atMs } of seen) {
    if (atMs < (coveredUntilMs.get(imei) ?? 0)) continue
    coveredUntilMs.set(imei, atMs + mergedMs)
    count += 1
  }
  return count
}

function edgePlan(folder: string, port: number) {
  const settings = { workers: '2', listRenewalChanges: '5', drainMs: '100' }
  return { port, settings, nodeFlags: ['--import', join(folder, 'clock.mjs')] }
}

/** A clock that is wrong by what a file says, looked at ten times a second. */
function clockShim(file: string): string {
  return `import { readFileSync } from 'node:fs'
const right = Date.now
let offset = 0
const look = () => { try { offset = Number(readFileSync(${JSON.stringify(file)}, 'utf8')) } catch {} }
look()
setInterval(look, 100).unref()
Date.now = () => right() + offset
`
}

function seqOf(name: string): number {
  return Number(/^list-([0-9]+)/.exec(name)?.[1] ?? 0)
}

/** Reports phones that nobody was seen with, which therefore wait for an officer. */
async function fileCases(registry: RunningRegistry, count: number): Promise<readonly Subject[]> {
  const identity = {
    clientId: `${telco}-desk`,
    privateKey: createPrivateKey(await readFile(registry.keyFile(telco, 'desk'))),
  }
  const { apiUrl: registryUrl, issuerUrl, custodianUrl } = registry
  const client = await createRegistryClient({ registryUrl, issuerUrl, scopes: ['cases'], ...identity })
  const key = await fetchTelcoKey({ custodianUrl, ...identity })
  const subjects: Subject[] = []
  for (let index = 0; index < count; index++) {
    const imei = listedImei(index + 1)
    const subscription = encodeToken(makeToken(key, 'msisdn', String(60_120_000_000 + index)))
    const { id } = expectAnswer(
      await client.POST('/v1/cases', {
        params: { header: { 'Idempotency-Key': randomUUID() } },
        body: { imeis: [`${imei}00`], reason: 'stolen', subscription, ownerTag: 1 },
      }),
    )
    subjects.push({ imei, caseId: id })
  }
  return subjects
}
