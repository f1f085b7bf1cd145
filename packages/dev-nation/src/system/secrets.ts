import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RolePasswords } from '../postgres/registry-database.ts'

/** The passwords of one embedded registry; made at its first start. */
export interface Secrets {
  readonly superuser: string
  readonly roles: RolePasswords
  readonly cookieKey: string
  readonly officers: Readonly<Record<'officer-1' | 'officer-2' | 'auditor-1', string>>
  /** The authorization server's signing key, a private JWK. */
  readonly signingKey: object
}

/** Reads the folder's secrets, making them where there are none. */
export async function openSecrets(folder: string): Promise<Secrets> {
  const path = join(folder, 'secrets.json')
  const known = await readFile(path, 'utf8').catch(() => undefined)
  if (known !== undefined) return JSON.parse(known) as Secrets
  const secrets = makeSecrets()
  await mkdir(folder, { recursive: true })
  await writeFile(path, JSON.stringify(secrets, null, 2), { mode: 0o600 })
  return secrets
}

function makeSecrets(): Secrets {
  const password = () => randomBytes(18).toString('base64url')
  return {
    superuser: password(),
    roles: { owner: password(), api: password(), ingest: password(), audit: password() },
    cookieKey: password(),
    officers: { 'officer-1': password(), 'officer-2': password(), 'auditor-1': password() },
    signingKey: makeSigningKey(),
  }
}

function makeSigningKey(): object {
  const { privateKey } = generateKeyPairSync('ed25519')
  return {
    ...privateKey.export({ format: 'jwk' }),
    alg: 'EdDSA',
    use: 'sig',
    kid: randomBytes(8).toString('hex'),
  }
}
