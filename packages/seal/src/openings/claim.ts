import { createHash } from 'node:crypto'
import type { SealedMessage } from '../sealed/hpke.ts'

/** What a claim check signs of the sealed claim: SHA-256 of both its parts, hex. */
export function claimHash({ enc, ciphertext }: SealedMessage): string {
  return createHash('sha256').update(`${enc}.${ciphertext}`).digest('hex')
}
