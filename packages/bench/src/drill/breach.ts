import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  findFreePort,
  findRegistryPorts,
  startPostgres,
  startRegistry,
  withClient,
  writeTelcoConfiguration,
} from '@pcbs/dev-nation'
import { type EncodingName, encodingNames, encodings } from './encodings.ts'
import { Finder, type Findings } from './finder.ts'
import {
  type DrillTelco,
  fileCases,
  openRecords,
  plantPeople,
  sendInClear,
  subscribersQuery,
  syncOnce,
} from './life.ts'
import { identifiersOf, makePeople, type Person } from './people.ts'
import { baseBackup, dump, files, memoryOf, type Place } from './places.ts'
import { writesOfAdapter } from './traced-adapter.ts'

const telco = 'telco-a'
const basis = 'the drill itself'
/** Names and addresses are collected, or the drill would not show that they cannot be found. */
const sealingPolicy = { name: { form: 'sealed', basis }, address: { form: 'sealed', basis } } as const
/** Records that officers open: their answers go through the API, too. */
const opened = 5
/** People whose phones are blocked: the list names those phones, and only those. */
const victims = 20
/** People whose data is sent in clear by mistake. */
const offenders = 20

/** What was found where, beside what a place that leaks everything gives. */
export interface DrillReport {
  readonly rows: readonly { readonly place: string; readonly findings: Findings }[]
  readonly controls: readonly { readonly place: string; readonly findings: Findings }[]
  /** What a whole leak would give in each control. */
  readonly expected: Findings
  /** What could not be looked into on this machine. */
  readonly skipped: readonly string[]
}

/**
 * Plants people at a telco, lives through feeds, cases, mistakes and crashes, then steals everything there is to steal
 * and looks for each of them in every encoding.
 */
export async function drillBreach(count: number): Promise<DrillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-drill-'))
  const [dataFolder, telcoFolder] = [join(folder, 'registry-data'), join(folder, 'telco-data')]
  const log = join(folder, 'logs', 'postgres.log')
  await mkdir(join(folder, 'logs'))
  const port = await findFreePort()
  const start = () =>
    startPostgres({ dataFolder, port, password: 'drill', onLog: (line) => void appendFile(log, `${line}\n`) })
  let postgres = await start()
  const telcoPostgres = await startPostgres({
    dataFolder: telcoFolder,
    port: await findFreePort(),
    password: 'x',
  })
  // What our programs put into temporary files must be found too.
  process.env.TMPDIR = join(folder, 'tmp')
  await mkdir(process.env.TMPDIR)
  const registry = await startRegistry({
    folder,
    superuserUrl: postgres.url(),
    databaseName: 'registry',
    ports: { ...(await findRegistryPorts()), secondCustodian: await findFreePort() },
    policy: sealingPolicy,
    telcos: [{ code: telco, name: 'Telco A' }],
  })
  try {
    const people = makePeople(count)
    const databaseUrl = telcoPostgres.url()
    await plantPeople(databaseUrl, people)
    const site = { registry, telco, folder: join(folder, telco) }
    const configuration = await writeTelcoConfiguration(site, 'adapter', {
      database: databaseUrl,
      subscribersQuery,
    })
    const drillTelco: DrillTelco = {
      registry,
      code: telco,
      databaseUrl,
      configuration,
      logFolder: join(folder, 'logs'),
    }
    await live(drillTelco, people, async () => {
      await postgres.kill()
      postgres = await start()
    })
    say('another first load, every write of which is watched')
    for (const kind of ['subscribers', 'pairings'])
      await rm(join(folder, telco, 'adapter-state', kind), { recursive: true })
    const traced = await writesOfAdapter(configuration, join(folder, 'trace'))
    return await steal(
      { folder, dataFolder, superuserUrl: postgres.url(), api: registry.programs.api.pid, traced },
      people,
    )
  } finally {
    await registry.stop()
    await postgres.remove()
    await telcoPostgres.remove()
    await rm(folder, { recursive: true })
  }
}

/** Tells a person how far the drill is. */
function say(step: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${step}\n`)
}

/** A telco's days: a first load that is hit by crashes, changes, cases, mistakes. */
async function live(
  drillTelco: DrillTelco,
  people: readonly Person[],
  crashPostgres: () => Promise<void>,
): Promise<void> {
  const { registry, databaseUrl } = drillTelco
  say('a first load, and the API crashes')
  await syncOnce(drillTelco, async () => {
    await delay(300)
    await registry.programs.api.kill()
    await registry.startApi()
  })
  say('the same, and the database crashes')
  await syncOnce(drillTelco, async () => {
    await delay(300)
    await crashPostgres()
  })
  say('until it is in')
  while (!(await syncOnce(drillTelco))) await delay(100)
  say('changes')
  await withClient(databaseUrl, (database) =>
    database.query("DELETE FROM device_use WHERE right(msisdn, 1) = '7'"),
  )
  await syncOnce(drillTelco)
  say('cases')
  const cases = await fileCases(drillTelco, people.slice(0, victims))
  say('openings')
  await openRecords(drillTelco, cases.slice(0, opened))
  say('mistakes')
  await sendInClear(drillTelco, people.slice(-offenders))
}

interface Loot {
  readonly folder: string
  readonly dataFolder: string
  readonly superuserUrl: string
  /** Process of the API. */
  readonly api: number
  /** What an adapter wrote under strace, where there is one. */
  readonly traced: Place | undefined
}

async function steal(
  { folder, dataFolder, superuserUrl, api, traced }: Loot,
  people: readonly Person[],
): Promise<DrillReport> {
  const registryUrl = Object.assign(new URL(superuserUrl), { pathname: '/registry' }).href
  await withClient(registryUrl, async (database) => {
    const { rows } = await database.query<{ count: string }>('SELECT count(*) FROM subscriber')
    if (Number(rows[0]?.count) !== people.length)
      throw new Error('not everybody was fed: the drill proves nothing')
    await database.query('CHECKPOINT')
  })
  // A blocked phone's IMEI is on the list that every network gets.
  const phones = people.slice(victims).map(({ imei }) => imei)
  const finder = new Finder([...people.flatMap(identifiersOf), ...phones])
  const places: Readonly<Record<string, Place>> = {
    'database dump': dump(registryUrl),
    'heap files': files(join(dataFolder, 'base'), join(dataFolder, 'global')),
    WAL: files(join(dataFolder, 'pg_wal')),
    'base backup': baseBackup(superuserUrl, dataFolder, join(folder, 'backup', 'copy')),
    logs: files(join(folder, 'logs')),
    'adapter state': files(join(folder, telco)),
    'temporary files': files(join(folder, 'tmp')),
    ...(traced && { 'adapter writes': traced }),
  }
  await mkdir(join(folder, 'backup'))
  const rows: { place: string; findings: Findings }[] = []
  for (const [place, search] of Object.entries(places)) {
    say(`searching ${place}`)
    await search(finder)
    rows.push({ place, findings: finder.take() })
  }
  say('searching API memory')
  // What was sent in clear went through the API's memory, as did every IMEI.
  const memory = await memoryOf(api)
  const inMemory = new Finder(people.slice(0, -offenders).flatMap(identifiersOf))
  await memory?.(inMemory)
  if (memory) rows.push({ place: 'API memory', findings: inMemory.take() })
  say('searching what leaks everything')
  const controls = await searchControls(finder, { folder, dataFolder, superuserUrl }, [
    ...people.flatMap(identifiersOf),
    ...phones,
  ])
  return {
    rows,
    controls,
    expected: finder.expected,
    skipped: [
      ...(memory ? [] : ['API memory: this system shows it to nobody']),
      ...(traced ? [] : ['adapter writes: strace is not installed']),
    ],
  }
}

/** A program that has a file in memory until it is ended. */
const holdFile = `
  globalThis.held = require('node:fs').readFileSync(process.argv[1])
  process.stdin.resume()
  process.stdout.write('held')`

/** A table, a log and a process that leak everything must be found to do so, or finding nothing elsewhere means nothing. */
async function searchControls(
  finder: Finder,
  { folder, dataFolder, superuserUrl }: Omit<Loot, 'api' | 'traced'>,
  identifiers: readonly string[],
): Promise<DrillReport['controls']> {
  const forms = identifiers.flatMap((text) =>
    encodingNames.flatMap((name: EncodingName) => encodings[name](text)),
  )
  const controls: { place: string; findings: Findings }[] = []
  await mkdir(join(folder, 'control'))
  await writeFile(
    join(folder, 'control', 'leaky.log'),
    Buffer.concat(forms.flatMap((form) => [form, Buffer.from('\n')])),
  )
  await files(join(folder, 'control'))(finder)
  controls.push({ place: 'leaky log', findings: finder.take() })
  const leaky = spawn(process.execPath, ['--eval', holdFile, join(folder, 'control', 'leaky.log')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(leaky.stdout, 'data')
  const memory = await memoryOf(leaky.pid ?? 0)
  await memory?.(finder)
  leaky.kill()
  if (memory) controls.push({ place: 'leaky process', findings: finder.take() })
  await withClient(superuserUrl, async (database) => {
    await database.query('CREATE TABLE leaky (form bytea)')
    for (let from = 0; from < forms.length; from += 10_000)
      await database.query('INSERT INTO leaky SELECT unnest($1::bytea[])', [forms.slice(from, from + 10_000)])
    await database.query('CHECKPOINT')
  })
  await files(join(dataFolder, 'base'))(finder)
  controls.push({ place: 'leaky table', findings: finder.take() })
  return controls
}
