import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type HomeNetwork, parseTimeZone, type TimeZone, timeZoneRemedies } from '@pcbs/core'
import { publicKeyFromRaw } from '@pcbs/seal'
import { SdkError } from '../errors.ts'

/** What an adapter or edge is told, from its configuration file. Paths are relative to that file. */
export interface TelcoConfiguration {
  readonly telco: string
  readonly registryUrl: string
  readonly issuerUrl: string
  readonly custodianUrl: string
  readonly clientId: string
  /** The client's Ed25519 private key. */
  readonly privateKey: KeyObject
  /** The custodian's list root: what the block list must be signed under. */
  readonly listRoot: KeyObject
  /** Whose numbers and SIMs are home ones, for what is done without the registry; a sync goes by its policy. */
  readonly home: HomeNetwork
  /** Whose days are counted, likewise. */
  readonly timeZone: TimeZone
  /** Where the kit keeps its state. */
  readonly stateFolder: string
  /** How often a continuous sync begins, seconds. */
  readonly intervalSeconds: number
  /** How many days of use the pairings cover. */
  readonly lookBackDays: number
  readonly settings: Readonly<Record<string, string>>
}

/** The part of a configuration that says how to read a telco's systems; it needs no key and no registry. */
export type SourceConfiguration = Pick<TelcoConfiguration, 'home' | 'timeZone' | 'lookBackDays' | 'settings'>

const texts = [
  'telco',
  'registryUrl',
  'issuerUrl',
  'custodianUrl',
  'clientId',
  'keyFile',
  'listRoot',
] as const

/**
 * Reads what a configuration file says of the telco's own systems.
 * @throws {SdkError} `configuration`, when there is no such file or it is not JSON
 */
export async function readSourceConfiguration(path: string): Promise<SourceConfiguration> {
  return sourceOf(parseFile(await readFile(path, 'utf8').catch(() => undefined), path), path)
}

/** Whose days are counted where nothing else is said and there is no policy to ask. */
// The tests of core show that the time zone database has it.
export const defaultTimeZone = 'Asia/Kuala_Lumpur' as TimeZone

function sourceOf(file: Record<string, unknown>, path: string): SourceConfiguration {
  const timeZone = parseTimeZone(String(file.timeZone ?? defaultTimeZone))
  if (!timeZone.ok)
    throw new SdkError('configuration', `${path}: timeZone: ${timeZoneRemedies[timeZone.failure]}`)
  return {
    timeZone: timeZone.value,
    home: (file.home as HomeNetwork | undefined) ?? { country: 'MY', mccs: ['502'] },
    lookBackDays: Number(file.lookBackDays ?? 90),
    settings: (file.settings as Record<string, string> | undefined) ?? {},
  }
}

/**
 * Reads a configuration file.
 * @throws {SdkError} `configuration`, naming every field that is missing or wrong
 */
export async function readConfiguration(path: string): Promise<TelcoConfiguration> {
  const file = parseFile(await readFile(path, 'utf8').catch(() => undefined), path)
  const complaints: string[] = texts.flatMap((name) =>
    typeof file[name] === 'string' ? [] : [`${name} is missing`],
  )
  if (complaints.length > 0) throw new SdkError('configuration', `${path}: ${complaints.join('; ')}.`)
  // Every text was just found to be one.
  const { telco, registryUrl, issuerUrl, custodianUrl, clientId, keyFile, listRoot } = file as Record<
    (typeof texts)[number],
    string
  >
  const folder = dirname(resolve(path))
  const root = publicKeyFromRaw(listRoot)
  if (!root) throw new SdkError('configuration', `${path}: listRoot is no Ed25519 public key.`)
  return {
    telco,
    registryUrl,
    issuerUrl,
    custodianUrl,
    clientId,
    privateKey: await readPrivateKey(resolve(folder, keyFile)),
    listRoot: root,
    ...sourceOf(file, path),
    stateFolder: resolve(folder, String(file.stateFolder ?? 'state')),
    intervalSeconds: Number(file.intervalSeconds ?? 24 * 60 * 60),
  }
}

function parseFile(text: string | undefined, path: string): Record<string, unknown> {
  if (text === undefined) throw new SdkError('configuration', `There is no file ${path}.`)
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new SdkError('configuration', `${path} is not JSON.`)
  }
}

async function readPrivateKey(path: string): Promise<KeyObject> {
  const { mode } = await stat(path).catch(() => {
    throw new SdkError('configuration', `There is no key file ${path}.`)
  })
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new SdkError('configuration', `The key file ${path} is open to other users: chmod 600 it.`)
  try {
    return createPrivateKey(await readFile(path))
  } catch {
    throw new SdkError('configuration', `${path} holds no private key in PEM.`)
  }
}
