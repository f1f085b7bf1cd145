import { faulty, type SettingsReader } from '../config/settings-reader.ts'
import type { N5gEirSettings } from '../n5g-eir/settings.ts'
import { type NrfAddress, parseAddress } from './address.ts'

/** Where and as what an edge registers (TS 29.510 §5.2.2). */
export interface NrfSettings {
  /** The NRF's apiRoot. */
  readonly url: string
  /** The authority that signed its certificate; the machine's own where left out. */
  readonly ca: string | undefined
  /** What the edge shows of itself to the NRF, and its key, in PEM; nothing where left out. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  /** This NF's id. */
  readonly instanceId: string
  /** Where AMFs reach N5g-eir. */
  readonly address: NrfAddress
  readonly port: number
  readonly scheme: 'http' | 'https'
  readonly priority: number
  readonly capacity: number
  readonly isTokenRequired: boolean
}

/**
 * Reads the fields that begin with `nrf` and `nf`; an edge registers nowhere where `nrfUrl` is left out.
 * @throws {SdkError} `configuration`, naming the field
 */
export async function readNrfSettings(
  settings: SettingsReader,
  { host, port, tls, oauth }: N5gEirSettings,
  instanceId: string,
): Promise<NrfSettings | undefined> {
  const url = readApiRoot(settings)
  if (url === undefined) return undefined
  const { certificate, key, authority } = await settings.clientTls('nrf')
  return {
    url,
    ca: authority,
    certificate,
    key,
    instanceId,
    address: readAddress(settings, host),
    port: readPort(settings, port),
    scheme: settings.oneOf('nfScheme', tls ? ['https', 'http'] : ['http', 'https']),
    priority: settings.wholeNumber('nfPriority', 0, { from: 0, to: 65_535 }),
    capacity: settings.wholeNumber('nfCapacity', 100, { from: 0, to: 65_535 }),
    isTokenRequired: oauth !== undefined,
  }
}

/** Those of the settings that TLS towards an NRF takes. */
export type NrfTls = Pick<NrfSettings, 'ca' | 'certificate' | 'key'>

/** An apiRoot is scheme, authority and perhaps a prefix of the path (TS 29.501 §4.4.1). */
function readApiRoot(settings: SettingsReader): string | undefined {
  const url = settings.url('nrfUrl')
  const { username = '', password = '', search = '', hash = '' } = URL.parse(url ?? '') ?? {}
  if (username + password + search + hash !== '')
    throw faulty('nrfUrl', 'is an apiRoot, without credentials, query and fragment')
  return url
}

function readAddress(settings: SettingsReader, host: string): NrfAddress {
  const given = settings.optional('nfAddress')
  const address = parseAddress(given ?? host)
  if (address) return address
  throw faulty(
    'nfAddress',
    given === undefined
      ? `is needed: AMFs cannot be sent to settings.host ${host}`
      : 'is no address that AMFs can be sent to: an IPv4 or IPv6 address of this edge, or its name in the DNS',
  )
}

function readPort(settings: SettingsReader, port: number): number {
  const announced = settings.port('nfPort', String(port))
  if (announced === 0) throw faulty('nfPort', 'is needed: AMFs cannot be sent to port 0')
  return announced
}
