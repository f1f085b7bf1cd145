import { availableParallelism } from 'node:os'
import { readConfiguration, type TelcoConfiguration } from '@pcbs/sdk'
import { type DetachSettings, readDetachSettings } from '../detach/settings.ts'
import { type N5gEirSettings, readN5gEirSettings } from '../n5g-eir/settings.ts'
import { readInstanceId } from '../nrf/instance-id.ts'
import { type NrfSettings, readNrfSettings } from '../nrf/settings.ts'
import { readS13Settings, type S13Settings } from '../s13/settings.ts'
import { SettingsReader } from './settings-reader.ts'

/** What every thread that answers checks is told, and may be told anew while it runs. */
export interface CheckSettings {
  /** What is answered for a phone that nothing is said of. */
  readonly unknownDevice: 'WHITELISTED' | 'ERROR_EQUIPMENT_UNKNOWN'
  /**
   * What is answered for a phone that lets named SIMs through, while there is no key to recognise them by: every SIM is
   * one of them, or none is.
   */
  readonly withoutKeys: 'LET_THROUGH' | 'REFUSE'
  /** A thread that comes this much too late to its work refuses checks until it has caught up; milliseconds. */
  readonly overloadMs: number
  readonly n5gEir: N5gEirSettings
  /** S13 over Diameter, where it is spoken too. */
  readonly s13: S13Settings | undefined
  /** How many phones' last SIMs each thread remembers for detaching; 0 where nobody is detached. */
  readonly rememberedPhones: number
}

/** Everything an edge is told, from its configuration file. */
export interface EdgeConfig {
  readonly registry: TelcoConfiguration
  /** This edge's own name, unique within its telco. */
  readonly name: string
  /** Threads that answer checks. */
  readonly workers: number
  /** How long after SIGTERM checks are still taken while peers turn elsewhere. */
  readonly drainMs: number
  /** With so many phones changed since its snapshot the list would rather begin from a newer one. */
  readonly listRenewalChanges: number
  readonly checks: CheckSettings
  /** Whether the telco's keys are kept, sealed, for a start with the custodian away. */
  readonly areKeysKept: boolean
  /** A list older than this makes it not ready; 0 where none is too old. */
  readonly readyListAgeSeconds: number
  /** Where health and metrics are told, over HTTP/1.1. */
  readonly operations: { readonly host: string; readonly port: number } | undefined
  readonly nrf: NrfSettings | undefined
  readonly detach: DetachSettings | undefined
}

/** A shut-down ends within ten seconds: the grace leaves time for what comes before and behind it. */
const longestDrainMs = 5000

/**
 * Reads the configuration; an edge's own fields stand under `settings`.
 * @throws {SdkError} `configuration`, naming the field
 */
export async function readEdgeConfig(path: string): Promise<EdgeConfig> {
  const registry = await readConfiguration(path)
  const settings = new SettingsReader(registry.settings)
  const instanceId = await readInstanceId(settings, registry.stateFolder)
  const n5gEir = await readN5gEirSettings(settings, instanceId)
  const detach = await readDetachSettings(settings)
  return {
    registry,
    name: settings.text('name', 'edge-1', {
      form: /^[a-z0-9-]{1,40}$/,
      words: 'has lower-case letters, digits and hyphens',
    }),
    // One core is left to what is not a check: the list, hits, and the operator's questions.
    workers: settings.wholeNumber('workers', Math.max(1, availableParallelism() - 1), { from: 1, to: 64 }),
    drainMs: settings.wholeNumber('drainMs', 1000, { from: 0, to: longestDrainMs }),
    listRenewalChanges: settings.wholeNumber('listRenewalChanges', 20_000, { from: 1, to: 1_000_000 }),
    checks: {
      unknownDevice: settings.oneOf('unknownDevice', ['WHITELISTED', 'ERROR_EQUIPMENT_UNKNOWN']),
      withoutKeys: settings.oneOf('withoutKeys', ['LET_THROUGH', 'REFUSE']),
      overloadMs: settings.wholeNumber('overloadMs', 500, { from: 0, to: 60_000 }),
      n5gEir,
      s13: await readS13Settings(settings),
      rememberedPhones: detach?.phones ?? 0,
    },
    areKeysKept: settings.oneOf('keptKeys', ['SEALED', 'NONE']) === 'SEALED',
    readyListAgeSeconds: settings.wholeNumber('readyListAgeSeconds', 0, { from: 0, to: 31_536_000 }),
    operations:
      settings.optional('operationsPort') === undefined
        ? undefined
        : {
            host: settings.optional('operationsHost') ?? '127.0.0.1',
            port: settings.port('operationsPort', undefined),
          },
    nrf: await readNrfSettings(settings, n5gEir, instanceId),
    detach,
  }
}
