import type { IncomingHttpHeaders } from 'node:http'
import type { Telco } from '@pcbs/store'
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { Problem } from '../http/problems.ts'
import { isProofValid, ProofMemory } from './dpop.ts'
import type { Principal } from './principal.ts'

/** Whose tokens are believed, and what they must be for. */
export interface AuthSettings {
  readonly issuer: string
  readonly jwksUrl: string
  readonly audience: string
}

/** What a suspended telco keeps: its customers' phones are on the list, and its edges report on them. */
const keptWhenSuspended: ReadonlySet<string> = new Set(['list', 'hits'])

/** What authentication looks at. */
export interface AuthRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** Finds out who sends a request, or refuses it with a {@link Problem}. */
export type Authenticate = (request: AuthRequest) => Promise<Principal>

/** Believes JWT access tokens (RFC 9068) of one issuer; telcos' tokens must be bound by DPoP. */
export function createAuthenticate(
  settings: AuthSettings,
  findTelco: (code: string) => Telco | undefined,
): Authenticate {
  const keys = createRemoteJWKSet(new URL(settings.jwksUrl))
  const memory = new ProofMemory()

  return async ({ method, url, headers }) => {
    const [scheme, accessToken] = (headers.authorization ?? '').split(' ')
    if (!scheme || !accessToken)
      throw new Problem('token-missing', 'Send an access token in the Authorization header.')
    const claims = await verifyToken(accessToken)
    const thumbprint = boundKeyOf(claims)
    if (thumbprint) {
      const proof = headers.dpop
      const isProven =
        scheme.toLowerCase() === 'dpop' &&
        typeof proof === 'string' &&
        (await isProofValid(proof, { method, url, accessToken, thumbprint }, memory))
      if (!isProven)
        throw new Problem(
          'proof-invalid',
          'Send a fresh DPoP proof of the token’s key for this method and URL.',
        )
    }
    return principalOf(claims, thumbprint !== undefined)
  }

  async function verifyToken(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: settings.issuer,
        audience: settings.audience,
        typ: 'at+jwt',
        clockTolerance: 5,
      })
      return payload
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw new Problem('token-invalid', 'The access token has expired: get a new one.')
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
        throw new Problem('token-invalid', 'The access token is not one of the trusted issuer for this API.')
      }
      throw new Problem('unavailable', 'The authorization server’s keys cannot be read.', {
        retryAfterSeconds: 5,
      })
    }
  }

  function principalOf(claims: JWTPayload, isBound: boolean): Principal {
    const scopes = new Set(String(claims.scope ?? '').split(' '))
    const code = claims.telco
    if (typeof code !== 'string') return { kind: 'officer', officerId: String(claims.sub), scopes }
    const telco = findTelco(code)
    if (!telco) throw new Problem('token-invalid', 'The token names a telco that does not take part.')
    if (!isBound) throw new Problem('proof-invalid', 'A telco’s token must be bound to a key (DPoP).')
    if (telco.isSuspended && ![...scopes].every((scope) => keptWhenSuspended.has(scope)))
      throw new Problem('telco-suspended', 'Ask the regulator; the block list is still served.')
    return { kind: 'telco', telco, scopes }
  }
}

function boundKeyOf(claims: JWTPayload): string | undefined {
  const confirmation = claims.cnf
  if (typeof confirmation !== 'object' || confirmation === null || !('jkt' in confirmation)) return undefined
  return typeof confirmation.jkt === 'string' ? confirmation.jkt : undefined
}
