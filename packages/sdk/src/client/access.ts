import { createHash, type KeyObject, randomUUID, type webcrypto } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { SdkError } from '../errors.ts'
import { fetchPatiently, type RetryPolicy } from './retry.ts'

/** Which client gets tokens from which authorization server. */
export interface AccessOptions {
  /** The authorization server's issuer identifier. */
  readonly issuerUrl: string
  /** The API that tokens are for. */
  readonly registryUrl: string
  readonly clientId: string
  /** The client's Ed25519 private key. */
  readonly privateKey: KeyObject
  readonly scopes: readonly string[]
}

/** Makes the headers that let a request in. */
export interface Access {
  /** Authorization and DPoP for one request; each proof is good once. */
  headersFor(method: string, url: string): Promise<Record<string, string>>
  /** Forgets the token, after the registry refused it. */
  forget(): void
}

/** A new token is asked for when less than this is left of the old one. */
const renewBeforeMs = 30_000

/** A try to get a token that is not answered in this time is given up. */
const tokenMs = 15_000

/** Gets tokens by signed assertion (RFC 7523), bound to a key of this process (RFC 9449). */
export async function createAccess(
  options: AccessOptions,
  retries: RetryPolicy,
  tryMs = tokenMs,
): Promise<Access> {
  const policy = { ...retries, tryMs }
  const proofKey = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const proofJwk = await exportJWK(proofKey.publicKey)
  let current: Promise<{ token: string; expiresMs: number }> | undefined

  async function tokenInForce(): Promise<string> {
    const held = await current?.catch(() => undefined)
    if (held && held.expiresMs - Date.now() > renewBeforeMs) return held.token
    current = requestToken(options, policy, (method, url) => makeProof({ method, url }))
    return (await current).token
  }

  async function makeProof(target: { method: string; url: string; token?: string }): Promise<string> {
    return signProof(proofKey.privateKey, proofJwk, target)
  }

  return {
    async headersFor(method, url) {
      const token = await tokenInForce()
      return {
        authorization: `DPoP ${token}`,
        dpop: await makeProof({ method, url: withoutQuery(url), token }),
      }
    },
    forget() {
      current = undefined
    },
  }
}

async function signProof(
  key: webcrypto.CryptoKey,
  jwk: JWK,
  { method, url, token }: { method: string; url: string; token?: string },
): Promise<string> {
  const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }
  return new SignJWT({ htm: method, htu: url, jti: randomUUID(), ...ath })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'dpop+jwt', jwk })
    .setIssuedAt()
    .sign(key)
}

async function requestToken(
  { issuerUrl, registryUrl, clientId, privateKey, scopes }: AccessOptions,
  policy: RetryPolicy,
  makeProof: (method: string, url: string) => Promise<string>,
): Promise<{ token: string; expiresMs: number }> {
  const tokenUrl = new URL('/token', issuerUrl).href
  const response = await fetchPatiently(policy, async () => {
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(issuerUrl)
      .setIssuedAt()
      .setExpirationTime('60s')
      .sign(privateKey)
    return new Request(tokenUrl, {
      method: 'POST',
      headers: { dpop: await makeProof('POST', tokenUrl) },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        scope: scopes.join(' '),
        resource: registryUrl,
      }),
    })
  })
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>
  if (!response.ok || typeof answer.access_token !== 'string') {
    throw new SdkError(
      'token-refused',
      `It said ${String(answer.error_description ?? answer.error ?? response.status)} to ${clientId}.`,
    )
  }
  return { token: answer.access_token, expiresMs: Date.now() + Number(answer.expires_in ?? 60) * 1000 }
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
