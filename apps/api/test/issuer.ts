import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** How one token is made. */
export interface TokenPlan {
  readonly typ?: string | undefined
  readonly alg?: string
  readonly claims: JWTPayload
}

/** An issuer of whatever tokens a test asks for, signed with a key that it publishes. */
export interface Issuer {
  readonly url: string
  readonly jwksUrl: string
  token(audience: string, plan: TokenPlan): Promise<string>
  /** What it answers to who asks for its keys: 200 with the keys, or another status. */
  keysStatus: number
  close(): void
}

/** Starts one on loopback. Its key is published under the algorithm's older name, `EdDSA`. */
export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair('Ed25519')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' }]
  const server = createServer((_request, response) => {
    response
      .writeHead(issuer.keysStatus, { 'content-type': 'application/json' })
      .end(JSON.stringify({ keys }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A listening TCP server has an address.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: Issuer = {
    url,
    jwksUrl: `${url}/keys`,
    keysStatus: 200,
    token: (audience, { typ, alg = 'EdDSA', claims }) =>
      new SignJWT({ jti: crypto.randomUUID(), ...claims })
        .setProtectedHeader({ alg, kid: 'test', ...(typ !== undefined && { typ }) })
        .setIssuer(url)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return issuer
}
