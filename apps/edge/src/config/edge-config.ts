import { readConfiguration, SdkError, type TelcoConfiguration } from '@pcbs/sdk'
import { readS13Settings, type S13Settings } from './s13/settings.ts'

/** Everything an edge is told, from its configuration file. */
export interface EdgeConfig {
  readonly registry: TelcoConfiguration
  /** Address and port of N5g-eir. */
  readonly host: string
  readonly port: number
  /** This edge's own name, unique within its telco. */
  readonly name: string
  /** What is answered for a phone that is not on the list. */
  readonly unknownDevice: 'WHITELISTED' | 'ERROR_EQUIPMENT_UNKNOWN'
  /** S13 over Diameter, where it is spoken too. */
  readonly s13: S13Settings | undefined
}

/**
 * Reads the configuration; an edge's own fields stand under `settings`.
 * @throws {SdkError} `configuration`, naming the field
 */
export async function readEdgeConfig(path: string): Promise<EdgeConfig> {
  const registry = await readConfiguration(path)
  const {
    host = '127.0.0.1',
    port = '4101',
    name = 'edge-1',
    unknownDevice = 'WHITELISTED',
  } = registry.settings
  const portNumber = Number(port)
  if (!Number.isInteger(portNumber) || portNumber < 0 || portNumber > 65535)
    throw new SdkError('configuration', `${path}: settings.port is no port.`)
  if (!/^[a-z0-9-]{1,40}$/.test(name))
    throw new SdkError('configuration', `${path}: settings.name has lower-case letters, digits and hyphens.`)
  if (unknownDevice !== 'WHITELISTED' && unknownDevice !== 'ERROR_EQUIPMENT_UNKNOWN')
    throw new SdkError(
      'configuration',
      `${path}: settings.unknownDevice is WHITELISTED or ERROR_EQUIPMENT_UNKNOWN.`,
    )
  const s13 = await readS13Settings(registry.settings)
  return { registry, host, port: portNumber, name, unknownDevice, s13 }
}
