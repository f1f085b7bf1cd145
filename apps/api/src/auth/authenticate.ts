import type { IncomingHttpHeaders } from 'node:http'
import type { Telco } from '@pcbs/store'
import { errors, type JWTPayload } from 'jose'
import type { Config } from '../config.ts'
import { Problem } from '../http/problems.ts'
import { type Bearer, readBearer } from './claims.ts'
import { isProofValid, ProofMemory } from './dpop.ts'
import { normaliseHtu } from './htu.ts'
import type { Principal } from './principal.ts'
import { createTokenReader, type TokenSettings } from './token.ts'

/** Whose tokens are believed, what they must be for and what they say, and the URL that clients' proofs name. */
export type AuthSettings = TokenSettings & Pick<Config, 'claims' | 'publicUrl'>

/** What a suspended telco keeps: its customers' phones are on the list, and its edges report on them. */
const keptWhenSuspended: ReadonlySet<string> = new Set(['list', 'hits'])

/** What authentication looks at. */
export interface AuthRequest {
  readonly method: string
  /** As it was sent, without query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** Finds out who sends a request, or refuses it with a {@link Problem}. */
export type Authenticate = (request: AuthRequest) => Promise<Principal>

/** Believes JWT access tokens of one issuer; telcos' tokens must be bound by DPoP (RFC 9449). */
export function createAuthenticate(
  settings: AuthSettings,
  findTelco: (code: string) => Telco | undefined,
): Authenticate {
  const readToken = createTokenReader(settings)
  const memory = new ProofMemory()
  const base = settings.publicUrl.replace(/\/+$/, '')

  return async ({ method, path, headers }) => {
    const [, scheme, accessToken] = /^([!-~]+) +([!-~]+) *$/.exec(headers.authorization ?? '') ?? []
    if (!scheme || !accessToken)
      throw new Problem('token-missing', 'Send an access token in the Authorization header.')
    const claims = await verifyToken(accessToken)
    const thumbprint = boundKeyOf(claims)
    if (thumbprint) {
      const proof = headers.dpop
      const url = normaliseHtu(`${base}${path}`)
      const isProven =
        scheme.toLowerCase() === 'dpop' &&
        typeof proof === 'string' &&
        url !== undefined &&
        (await isProofValid(proof, { method, url, accessToken, thumbprint }, memory))
      if (!isProven)
        throw new Problem(
          'proof-invalid',
          'Send a fresh DPoP proof of the token’s key for this method and URL.',
        )
    }
    return principalOf(readBearer(claims, settings.claims), thumbprint !== undefined)
  }

  async function verifyToken(token: string): Promise<JWTPayload> {
    try {
      return await readToken(token)
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw new Problem('token-invalid', 'The access token has expired: get a new one.')
      if (error instanceof errors.JOSEError && !isProvidersFault(error))
        throw new Problem('token-invalid', 'The access token is not one of the trusted issuer for this API.')
      throw new Problem('unavailable', 'The authorization server’s keys cannot be read.', {
        retryAfterSeconds: 5,
      })
    }
  }

  function principalOf(bearer: Bearer, isBound: boolean): Principal {
    switch (bearer.kind) {
      case 'nobody':
        throw new Problem('forbidden', `The token lets nobody in: ${bearer.why}. See docs/operating.md.`)
      case 'officer':
        return bearer
      case 'telco':
        return telcoPrincipal(bearer, isBound)
    }
  }

  function telcoPrincipal({ code, scopes }: Bearer & { kind: 'telco' }, isBound: boolean): Principal {
    const telco = findTelco(code)
    if (!telco) throw new Problem('token-invalid', 'The token names a telco that does not take part.')
    if (!isBound) throw new Problem('proof-invalid', 'A telco’s token must be bound to a key (DPoP).')
    if (telco.isSuspended && ![...scopes].every((scope) => keptWhenSuspended.has(scope)))
      throw new Problem('telco-suspended', 'Ask the regulator; the block list is still served.')
    return { kind: 'telco', telco, scopes }
  }
}

/**
 * Whether it is the provider that failed and not the token: its keys did not come in time, or came as something else (jose
 * has no class of its own for an answer other than 200). A token must not be called invalid for that: its client would give
 * its session up.
 */
function isProvidersFault(error: errors.JOSEError): boolean {
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === errors.JOSEError.code
  )
}

function boundKeyOf(claims: JWTPayload): string | undefined {
  const confirmation = claims.cnf
  if (typeof confirmation !== 'object' || confirmation === null || !('jkt' in confirmation)) return undefined
  return typeof confirmation.jkt === 'string' ? confirmation.jkt : undefined
}
