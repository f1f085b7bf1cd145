import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Config } from '../config.ts'

/** Who signs tokens, what they must be for (`aud`) and of which type (`typ`; RFC 9068 §2.1 says `at+jwt`). */
export type TokenSettings = Pick<Config, 'issuer' | 'jwksUrl' | 'audience' | 'tokenTypes'>

/** Signatures with a private key of the issuer's; none with a secret that its verifiers share. */
const algorithms = [
  'Ed25519',
  'EdDSA',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
]

/**
 * Reads access tokens that one issuer signed.
 * @returns throws jose's error where a token is not one of this issuer for this audience, of a type that is taken
 */
export function createTokenReader({
  issuer,
  jwksUrl,
  audience,
  tokenTypes,
}: TokenSettings): (token: string) => Promise<JWTPayload> {
  const keys = withBothNames(createRemoteJWKSet(new URL(jwksUrl)))
  const types = new Set(tokenTypes.map(mediaType))

  return async (token) => {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms,
      clockTolerance: 5,
      requiredClaims: ['exp'],
    })
    if (!types.has(mediaType(protectedHeader.typ ?? 'JWT')))
      throw new errors.JWTClaimValidationFailed(
        'unexpected "typ" header value',
        payload,
        'typ',
        'check_failed',
      )
    return payload
  }
}

/** RFC 7515 §4.1.9: `at+jwt` is short for `application/at+jwt`, and letters' case does not matter. */
function mediaType(typ: string): string {
  const lower = typ.toLowerCase()
  return lower.includes('/') ? lower : `application/${lower}`
}

/** RFC 9864 gives `EdDSA` with Ed25519 a name of its own: a key that is published under one name verifies the other too. */
const otherNames: Readonly<Record<string, string>> = { Ed25519: 'EdDSA', EdDSA: 'Ed25519' }

function withBothNames(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      const alg = otherNames[header.alg]
      if (alg === undefined || !(error instanceof errors.JWKSNoMatchingKey)) throw error
      return keys({ ...header, alg }, token)
    }
  }
}
