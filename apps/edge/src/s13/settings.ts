import { readFile } from 'node:fs/promises'
import type { TlsOptions } from 'node:tls'
import { SdkError } from '@pcbs/sdk'
import { type DiameterIdentity, makeIdentity } from './answers.ts'

/** How an edge speaks Diameter. */
export interface S13Settings {
  readonly host: string
  readonly port: number
  readonly identity: DiameterIdentity
  /** Origin-Hosts that may connect; anybody where there are none. */
  readonly peers: readonly string[]
  /** TLS from the first byte (RFC 6733 §13.1); plain TCP where left out. */
  readonly tls: TlsOptions | undefined
}

/** A name in the DNS: what a DiameterIdentity is (RFC 6733 §4.3.1). */
const identityForm = /^(?=.{1,255}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i

/**
 * Reads the fields that begin with `s13`; S13 is not spoken where `s13Port` is left out.
 * @throws {SdkError} `configuration`, naming the field
 */
export async function readS13Settings(
  settings: Readonly<Record<string, string>>,
): Promise<S13Settings | undefined> {
  const { s13Port, s13Host = '127.0.0.1', s13OriginHost = '', s13OriginRealm = '', s13Peers = '' } = settings
  if (s13Port === undefined) return undefined
  const port = Number(s13Port)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw faulty('s13Port', 'is no port')
  const peers = s13Peers.split(',').filter(Boolean)
  const names = { s13OriginHost: [s13OriginHost], s13OriginRealm: [s13OriginRealm], s13Peers: peers }
  for (const [field, values] of Object.entries(names))
    if (!values.every((value) => identityForm.test(value)))
      throw faulty(field, 'is a fully qualified domain name, as eir.epc.mnc012.mcc502.3gppnetwork.org')
  return {
    host: s13Host,
    port,
    identity: makeIdentity(s13OriginHost, s13OriginRealm, s13Host),
    peers,
    tls: await readTls(settings),
  }
}

async function readTls({
  s13Certificate,
  s13Key,
  s13ClientCa,
}: Readonly<Record<string, string>>): Promise<TlsOptions | undefined> {
  if (s13Certificate === undefined && s13Key === undefined && s13ClientCa === undefined) return undefined
  if (s13Certificate === undefined || s13Key === undefined)
    throw faulty('s13Certificate', 'and settings.s13Key are given together')
  const read = (field: string, path: string) =>
    readFile(path).catch(() => {
      throw faulty(field, 'names a file that cannot be read')
    })
  return {
    cert: await read('s13Certificate', s13Certificate),
    key: await read('s13Key', s13Key),
    minVersion: 'TLSv1.2',
    ...(s13ClientCa !== undefined && {
      ca: await read('s13ClientCa', s13ClientCa),
      requestCert: true,
      rejectUnauthorized: true,
    }),
  }
}

function faulty(field: string, fault: string): SdkError {
  return new SdkError('configuration', `settings.${field} ${fault}.`)
}
