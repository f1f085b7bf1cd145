import { readFile } from 'node:fs/promises'
import type { JWK } from 'jose'

/** The client with which officers sign in. */
export const officersClientId = 'officers'

/** A telco's or edge's client: `private_key_jwt`, tokens bound by DPoP. */
export interface MachineClient {
  readonly id: string
  readonly telco: string
  readonly scopes: readonly string[]
  readonly publicKey: JWK
}

/** Somebody of the regulator. */
export interface OfficerAccount {
  readonly id: string
  /** scrypt of the password: salt and hash in hex, joined by `:`. */
  readonly password: string
  readonly scopes: readonly string[]
}

/** Everything the authorization server knows. Its file holds private keys. */
export interface AuthorizationSettings {
  readonly issuer: string
  readonly port: number
  /** The API that tokens are for. */
  readonly apiUrl: string
  readonly signingKey: JWK
  readonly cookieKey: string
  readonly clients: readonly MachineClient[]
  readonly officers: readonly OfficerAccount[]
}

/** Reads the settings file. */
export async function readSettings(path: string): Promise<AuthorizationSettings> {
  return JSON.parse(await readFile(path, 'utf8')) as AuthorizationSettings
}
