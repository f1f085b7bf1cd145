import { createHmac, hkdfSync } from 'node:crypto'

/** What a derived key is for. The name is part of the derivation, so no two purposes share a key. */
export type KeyPurpose = 'telco' | 'registry' | 'imei' | 'idempotency' | 'state' | 'digest'

/** Names one derived key. */
export interface KeyName {
  readonly purpose: KeyPurpose
  /** The telco whose key it is, or `-` for keys of the registry as a whole. */
  readonly owner: string
  /** The generation of the key, from 1 to 255: rotating makes the next. */
  readonly epoch: number
}

/**
 * Derives a 32-byte key from the master: HKDF-SHA-256 (RFC 5869) with an empty salt and
 * info `pcbs/v1/<purpose>/<owner>/<epoch>` in UTF-8.
 */
export function deriveKey(master: Uint8Array, { purpose, owner, epoch }: KeyName): Buffer {
  const info = `pcbs/v1/${purpose}/${owner}/${epoch}`
  return Buffer.from(hkdfSync('sha256', master, new Uint8Array(0), info, 32))
}

/**
 * One key out of each custodian's part of it, in order: no custodian alone knows the key.
 * `HMAC-SHA-256("pcbs-combined-key-v1", part ‖ part ‖ …)`; of a single part it is that part.
 */
export function combineKeys(parts: readonly Buffer[]): Buffer {
  const [only, ...others] = parts
  if (!only) throw new RangeError('a key has at least one part')
  if (others.length === 0) return only
  return createHmac('sha256', 'pcbs-combined-key-v1').update(Buffer.concat(parts)).digest()
}
