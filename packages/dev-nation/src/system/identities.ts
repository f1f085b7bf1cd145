import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { JWK } from 'jose'

/** A key pair whose private half lies in a file. */
export interface Identity {
  readonly keyFile: string
  readonly privateKey: KeyObject
  readonly publicJwk: JWK
}

/** The Ed25519 identity of this file, made on first use, closed to other users. */
export async function openIdentity(keyFile: string): Promise<Identity> {
  const pem = await readFile(keyFile, 'utf8').catch(() => writeKey(keyFile))
  const privateKey = createPrivateKey(pem)
  return { keyFile, privateKey, publicJwk: createPublicKey(privateKey).export({ format: 'jwk' }) as JWK }
}

async function writeKey(keyFile: string): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 })
  await writeFile(keyFile, pem, { mode: 0o600 })
  return pem
}
