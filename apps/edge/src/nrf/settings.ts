import type { SettingsReader } from '../config/settings-reader.ts'
import type { N5gEirSettings } from '../n5g-eir/settings.ts'

/** Where and as what an edge registers (TS 29.510 §5.2.2). */
export interface NrfSettings {
  /** The NRF's apiRoot. */
  readonly url: string
  /** The authority that signed its certificate; the machine's own where left out. */
  readonly ca: string | undefined
  /** This NF's id. */
  readonly instanceId: string
  /** Where AMFs reach N5g-eir. */
  readonly address: { readonly ipv4Address: string } | { readonly fqdn: string }
  readonly port: number
  readonly scheme: 'http' | 'https'
  readonly priority: number
  readonly capacity: number
  readonly isTokenRequired: boolean
}

const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/

/**
 * Reads the fields that begin with `nrf` and `nf`; an edge registers nowhere where `nrfUrl` is left out.
 * @throws {SdkError} `configuration`, naming the field
 */
export async function readNrfSettings(
  settings: SettingsReader,
  { host, port, tls, oauth }: N5gEirSettings,
  instanceId: string,
): Promise<NrfSettings | undefined> {
  const url = settings.url('nrfUrl')
  if (url === undefined) return undefined
  const address = settings.optional('nfAddress') ?? host
  return {
    url,
    ca: await settings.file('nrfCa'),
    instanceId,
    address: ipv4.test(address) ? { ipv4Address: address } : { fqdn: address },
    port: settings.port('nfPort', String(port)),
    scheme: settings.oneOf('nfScheme', tls ? ['https', 'http'] : ['http', 'https']),
    priority: settings.wholeNumber('nfPriority', 0, { from: 0, to: 65_535 }),
    capacity: settings.wholeNumber('nfCapacity', 100, { from: 0, to: 65_535 }),
    isTokenRequired: oauth !== undefined,
  }
}
