import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { normaliseHtu } from './htu.ts'

/** What a proof must fit (RFC 9449 §4.3). */
export interface ProofExpectation {
  readonly method: string
  /** The request's URL, as {@link normaliseHtu} writes it. */
  readonly url: string
  readonly accessToken: string
  /** The thumbprint the token is bound to. */
  readonly thumbprint: string
}

const maxAgeSeconds = 60

/** How proofs are signed. RFC 9864 names `Ed25519` what was `EdDSA` before; clients send either. */
export const proofAlgorithms = ['Ed25519', 'EdDSA', 'ES256'] as const

/** Remembers proofs for as long as they are good, so that none is used twice on this process. */
export class ProofMemory {
  readonly #seen = new Map<string, number>()

  /** Whether this proof is new; remembers it. */
  admit(id: string, nowMs: number): boolean {
    for (const [seen, expiresMs] of this.#seen) {
      // Insertion order is expiry order: the first that is still good ends the sweep.
      if (expiresMs > nowMs) break
      this.#seen.delete(seen)
    }
    if (this.#seen.has(id)) return false
    this.#seen.set(id, nowMs + 2 * maxAgeSeconds * 1000)
    return true
  }
}

/** Whether this proof was made for this request by the key that the token is bound to. */
export async function isProofValid(
  proof: string,
  expected: ProofExpectation,
  memory: ProofMemory,
): Promise<boolean> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...proofAlgorithms],
      maxTokenAge: maxAgeSeconds,
      clockTolerance: maxAgeSeconds,
    })
    if (!protectedHeader.jwk) return false
    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk)
    const tokenHash = createHash('sha256').update(expected.accessToken).digest('base64url')
    const fits =
      payload.htm === expected.method &&
      typeof payload.htu === 'string' &&
      normaliseHtu(payload.htu) === expected.url &&
      payload.ath === tokenHash &&
      thumbprint === expected.thumbprint
    return fits && typeof payload.jti === 'string' && memory.admit(`${thumbprint}:${payload.jti}`, Date.now())
  } catch {
    return false
  }
}
