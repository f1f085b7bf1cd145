import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TelcoKey } from '@pcbs/seal'
import { writeAside } from '../block-list/write-aside.ts'

/** The telco's keys, the newest first. */
export type TelcoKeys = readonly [TelcoKey, ...TelcoKey[]]

/** Whose keys are kept, where, and what opens them again. */
export interface KeyKeeper {
  readonly stateFolder: string
  readonly telco: string
  readonly clientId: string
  /** The edge's own private key. */
  readonly privateKey: KeyObject
}

const magic = Buffer.from('PCBSEKY1')
const [saltBytes, nonceBytes, tagBytes] = [32, 12, 16]

/**
 * The telco's keys as an edge keeps them over a restart: `PCBSEKY1 ‖ salt (32) ‖ nonce (12) ‖ AES-256-GCM`, under a key
 * that HKDF-SHA-256 makes of the salt and the edge's private key, which lies elsewhere. The state folder alone, or a copy of
 * it, opens nothing; and who has the private key can ask the custodian for the same keys.
 */
export function sealKeys(keeper: KeyKeeper, keys: TelcoKeys): Buffer {
  const [salt, nonce] = [randomBytes(saltBytes), randomBytes(nonceBytes)]
  const cipher = createCipheriv('aes-256-gcm', sealingKey(keeper, salt), nonce)
  cipher.setAAD(magic)
  const plain = JSON.stringify(keys.map(({ epoch, key }) => ({ epoch, key: key.toString('base64url') })))
  return Buffer.concat([magic, salt, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Opens what {@link sealKeys} made; `undefined` where it is damaged, or another's. */
export function openKeys(keeper: KeyKeeper, bytes: Buffer): TelcoKeys | undefined {
  const nonceAt = magic.length + saltBytes
  const sealedAt = nonceAt + nonceBytes
  if (bytes.length < sealedAt + tagBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined
  try {
    const salt = bytes.subarray(magic.length, nonceAt)
    const decipher = createDecipheriv(
      'aes-256-gcm',
      sealingKey(keeper, salt),
      bytes.subarray(nonceAt, sealedAt),
    )
    decipher.setAAD(magic)
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    const plain = Buffer.concat([decipher.update(bytes.subarray(sealedAt, -tagBytes)), decipher.final()])
    // It was authenticated: nobody but sealKeys wrote it.
    const kept = JSON.parse(plain.toString()) as readonly { epoch: number; key: string }[]
    const [newest, ...former] = kept.map(({ epoch, key }) => ({ epoch, key: Buffer.from(key, 'base64url') }))
    return newest && [newest, ...former]
  } catch {
    return undefined
  }
}

/** Reads the keys that a former run kept. */
export async function readKeptKeys(keeper: KeyKeeper): Promise<TelcoKeys | undefined> {
  const bytes = await readFile(pathOf(keeper)).catch(() => undefined)
  return bytes && openKeys(keeper, bytes)
}

/** Keeps keys for the next run, in place of those that are kept. */
export async function keepSealed(keeper: KeyKeeper, keys: TelcoKeys): Promise<void> {
  await writeAside(pathOf(keeper), sealKeys(keeper, keys))
}

/** Keeps none any more. */
export async function forgetKeys(keeper: KeyKeeper): Promise<void> {
  await rm(pathOf(keeper), { force: true })
}

function pathOf({ stateFolder }: KeyKeeper): string {
  return join(stateFolder, 'telco-keys.sealed')
}

function sealingKey({ telco, clientId, privateKey }: KeyKeeper, salt: Buffer): Buffer {
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' })
  return Buffer.from(hkdfSync('sha256', secret, salt, `pcbs-edge-keys-v1\0${telco}\0${clientId}`, 32))
}
