import { createPublicKey } from 'node:crypto'
import { faulty, type SettingsReader, type TlsFiles } from '../config/settings-reader.ts'

/** How an edge serves N5g-eir. */
export interface N5gEirSettings {
  readonly host: string
  readonly port: number
  /** HTTP/2 over TLS; cleartext with prior knowledge where left out. */
  readonly tls: TlsFiles | undefined
  /** Whoever asks shows an NRF's access token; nobody needs one where left out. */
  readonly oauth: OauthSettings | undefined
  /** Sessions that each thread holds at most: 1,000. */
  readonly mostSessions?: number
  /** Where all places are taken, a session that asked makes room once it was silent for so long: 10 seconds. */
  readonly idleMs?: number
}

/** What an access token is held against (TS 29.510 §6.3.5.2.4). */
export interface OauthSettings {
  /** The NRF's public key or certificate, PEM. */
  readonly issuerKey: string
  /** The NRF's instance id; any issuer with that key where left out. */
  readonly issuer: string | undefined
  /** This edge's NF instance id. */
  readonly instanceId: string
}

/**
 * Reads host and port, and the fields that begin with `tls` and `oauth`.
 * @throws {SdkError} `configuration`, naming the field
 */
export async function readN5gEirSettings(
  settings: SettingsReader,
  instanceId: string,
): Promise<N5gEirSettings> {
  return {
    host: settings.optional('host') ?? '127.0.0.1',
    port: settings.port('port', '4101'),
    tls: await settings.tls('tls'),
    oauth: await readOauthSettings(settings, instanceId),
    mostSessions: settings.wholeNumber('sessions', 1000, { from: 1, to: 100_000 }),
  }
}

async function readOauthSettings(
  settings: SettingsReader,
  instanceId: string,
): Promise<OauthSettings | undefined> {
  const issuerKey = await settings.file('oauthKey')
  if (issuerKey === undefined) return undefined
  try {
    createPublicKey(issuerKey)
  } catch {
    throw faulty('oauthKey', 'names a file that holds no public key and no certificate')
  }
  return {
    issuerKey,
    issuer: settings.optional('oauthIssuer'),
    instanceId,
  }
}
