import { faulty, type SettingsReader, type TlsFiles } from '../config/settings-reader.ts'

/** How an edge speaks Diameter. */
export interface S13Settings {
  readonly host: string
  readonly port: number
  readonly originHost: string
  readonly originRealm: string
  /** Origin-Hosts that may connect; anybody where there are none. */
  readonly peers: readonly string[]
  /** TLS from the first byte (RFC 6733 §13.1); plain TCP where left out. */
  readonly tls: TlsFiles | undefined
  /** Whether the certificate that a peer shows must be for its Origin-Host, as it must where left out. */
  readonly certificateName?: 'origin-host' | 'any'
  /** After so long a silence a peer is asked whether it is there, and after as long another it is let go: 30 s. */
  readonly watchdogMs?: number
  /** Connections that each thread holds at most: 1,000. */
  readonly mostConnections?: number
}

/** A name in the DNS: what a DiameterIdentity is (RFC 6733 §4.3.1). */
const identityForm = /^(?=.{1,255}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i
const identity = {
  form: identityForm,
  words: 'is a fully qualified domain name, as eir.epc.mnc012.mcc502.3gppnetwork.org',
}

/**
 * Reads the fields that begin with `s13`; S13 is not spoken where `s13Port` is left out.
 * @throws {SdkError} `configuration`, naming the field
 */
export async function readS13Settings(settings: SettingsReader): Promise<S13Settings | undefined> {
  if (settings.optional('s13Port') === undefined) return undefined
  const peers = (settings.optional('s13Peers') ?? '').split(',').filter(Boolean)
  if (!peers.every((peer) => identityForm.test(peer))) throw faulty('s13Peers', identity.words)
  return {
    host: settings.optional('s13Host') ?? '127.0.0.1',
    port: settings.port('s13Port', undefined),
    originHost: settings.text('s13OriginHost', '', identity),
    originRealm: settings.text('s13OriginRealm', '', identity),
    peers,
    tls: await settings.tls('s13'),
    certificateName: settings.oneOf('s13CertificateName', ['origin-host', 'any']),
    // RFC 3539 §3.4.1: never below six seconds.
    watchdogMs: settings.wholeNumber('s13WatchdogSeconds', 30, { from: 6, to: 600 }) * 1000,
    mostConnections: settings.wholeNumber('s13Connections', 1000, { from: 1, to: 100_000 }),
  }
}
