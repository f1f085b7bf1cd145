import { generateKeyPairSync } from 'node:crypto'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { emptyHead, encodeSnapshot, rawPublicKey, type SnapshotPhone } from '@pcbs/seal'
import { findFreePort } from '../postgres/free-port.ts'
import { type RunningProgram, runProgram } from '../processes/child.ts'
import { appModule } from './app-module.ts'

/** An edge with a list on its disk and no registry anywhere. */
export interface PreparedEdge {
  readonly edge: RunningProgram
  readonly port: number
  readonly startedInMs: number
  /** Where its configuration lies: what changes there is in force after SIGHUP. */
  readonly configurationFile: string
  /** Starts it anew, on the same disk. */
  start(): Promise<RunningProgram>
}

/** Starts an edge that answers from a list of so many phones that it found on its disk. */
export async function startPreparedEdge(
  folder: string,
  phones: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<PreparedEdge> {
  const port = await findFreePort()
  const configurationFile = await writePreparedConfiguration(folder, { port: String(port), ...settings })
  await mkdir(join(folder, 'state'), { recursive: true })
  await writeListedSnapshot(join(folder, 'state', `list-${phones + 1}.snapshot`), phones)
  const start = () =>
    runProgram({
      name: 'edge',
      module: appModule('edge'),
      arguments: [configurationFile],
      logFile: join(folder, 'edge.log'),
      environment: {},
    })
  const startedMs = performance.now()
  const edge = await start()
  return { edge, port, startedInMs: performance.now() - startedMs, configurationFile, start }
}

/** Writes the configuration of an edge whose registry is away; gives its path. */
export async function writePreparedConfiguration(
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(folder, 'key.pem'), pem, { mode: 0o600 })
  const away = 'http://127.0.0.1:9'
  const configuration = {
    telco: 'telco-a',
    registryUrl: away,
    issuerUrl: away,
    custodianUrl: away,
    clientId: 'telco-a-edge',
    keyFile: 'key.pem',
    listRoot: rawPublicKey(privateKey),
    settings: { workers: '1', ...settings },
  }
  const path = join(folder, 'edge.json')
  await writeFile(path, JSON.stringify(configuration))
  return path
}

/** The nth IMEI of a prepared list: TACs and serial numbers spread as in a real one. */
export function listedImei(index: number): string {
  return String(35_000_000_000_000 + index * 1_009).padStart(14, '0')
}

/** Writes a snapshot of the first so many of them. */
export async function writeListedSnapshot(path: string, phones: number): Promise<void> {
  const file = await open(path, 'w')
  for (const chunk of encodeSnapshot(
    { seq: phones + 1, head: emptyHead.toString('hex') },
    { phones: { count: phones, list: listOf(phones) }, ranges: [], exceptions: [] },
  ))
    await file.write(chunk)
  await file.close()
}

function* listOf(count: number): IterableIterator<SnapshotPhone> {
  for (let index = 0; index < count; index++) yield { imei: Number(listedImei(index)), status: 'PROHIBITED' }
}
