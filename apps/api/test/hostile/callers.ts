import { createHash, createPrivateKey, type KeyObject, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { clientId, type TelcoClient, telcoClients } from '@pcbs/dev-nation'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { TestSystem, TestTelco } from '../harness.ts'

/** What a test sends, exactly as it stands: no library puts a path or a header right on the way. */
export interface RawRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** What came back. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Somebody who calls the API. */
export interface Caller {
  readonly name: string
  /** What the contract calls their role. */
  readonly role: 'telco' | 'officer' | 'auditor' | 'public'
  readonly scopes: readonly string[]
  send(request: RawRequest): Promise<RawAnswer>
}

/** One caller of each kind: every client of a telco, an officer, an auditor, and somebody unknown. */
export async function callersOf(system: TestSystem): Promise<readonly Caller[]> {
  const { apiUrl } = system.registry
  const person = async (account: 'officer-1' | 'auditor-1', role: Caller['role'], scope: string) => {
    const token = await system.officerToken(account)
    const headers = { authorization: `Bearer ${token}` }
    return { name: account, role, scopes: [scope], send: sender(apiUrl, async () => headers) }
  }
  const clients = (Object.keys(telcoClients) as TelcoClient[]).map(async (client): Promise<Caller> => {
    const prove = await telcoProver(system, 'telco-a', client)
    return { name: client, role: 'telco', scopes: telcoClients[client], send: sender(apiUrl, prove) }
  })
  return Promise.all([
    ...clients,
    person('officer-1', 'officer', 'decide'),
    person('auditor-1', 'auditor', 'audit'),
    { name: 'a stranger', role: 'public', scopes: [], send: sender(apiUrl, async () => ({})) },
  ])
}

/** Makes the headers that let one request in. */
type Prove = (method: string, path: string) => Promise<Readonly<Record<string, string>>>

function sender(apiUrl: string, prove: Prove): Caller['send'] {
  return async ({ method, target, headers = {}, body }) => {
    const [path = ''] = target.split('?')
    const own = await prove(method, path)
    return sendRaw(apiUrl, { method, target, headers: { ...own, ...headers }, ...(body && { body }) })
  }
}

/** Sends a request as it stands and reads what comes at first: a stream is not waited for to its end. */
export function sendRaw(apiUrl: string, { method, target, headers, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(apiUrl)
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path: target, headers: { ...headers }, timeout: 20_000 },
      (response) => {
        const chunks: Buffer[] = []
        const answer = () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          })
          sent.destroy()
        }
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', answer)
        // Whoever answers before all was sent may cut the connection.
        response.on('error', answer)
        if (response.headers['content-type']?.startsWith('text/event-stream')) answer()
      },
    )
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${target.slice(0, 200)}`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Signs a telco's client in by signed assertion, and proves each request with its key (RFC 9449). */
export async function telcoProver(
  { registry }: Pick<TestSystem, 'registry'>,
  telco: TestTelco,
  client: TelcoClient,
  alg: 'EdDSA' | 'Ed25519' = 'EdDSA',
): Promise<Prove> {
  const { apiUrl, issuerUrl } = registry
  const clientKey = createPrivateKey(await readFile(registry.keyFile(telco, client)))
  const { privateKey, publicKey } = await generateKeyPair('Ed25519')
  const jwk = await exportJWK(publicKey)
  const proof = (claims: Record<string, string>) =>
    new SignJWT({ jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey)
  const id = clientId(telco, client)
  const response = await fetch(`${issuerUrl}/token`, {
    method: 'POST',
    headers: { dpop: await proof({ htm: 'POST', htu: `${issuerUrl}/token` }) },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertionOf(id, issuerUrl, clientKey),
      scope: telcoClients[client].join(' '),
      resource: apiUrl,
    }),
  })
  const { access_token: token } = (await response.json()) as { access_token?: string }
  if (!token) throw new Error(`${id} got no token`)
  const ath = createHash('sha256').update(token).digest('base64url')
  return async (htm, path) => ({
    authorization: `DPoP ${token}`,
    dpop: await proof({ htm, htu: `${apiUrl}${path}`, ath }),
  })
}

function assertionOf(id: string, audience: string, key: KeyObject): Promise<string> {
  return new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(key)
}
