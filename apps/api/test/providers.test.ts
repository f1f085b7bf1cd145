import { randomUUID } from 'node:crypto'
import { officerIdOf } from '@pcbs/seal'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startTestSystem, type TestSystem } from './harness.ts'
import { sendRaw, telcoProver } from './hostile/callers.ts'
import { type Issuer, startIssuer } from './issuer.ts'

/** Officers and telcos of a provider that is not ours, whose claims are its own. */

let system: TestSystem
let issuer: Issuer

beforeAll(async () => {
  issuer = await startIssuer()
  system = await startTestSystem(inject('postgresUrl'), {
    PCBS_ISSUER: issuer.url,
    PCBS_JWKS_URL: issuer.jwksUrl,
    PCBS_AUDIENCE: 'pcbs',
    PCBS_TOKEN_TYPES: 'at+jwt,JWT',
    PCBS_OFFICER_CLAIM: 'realm_access.roles',
    PCBS_OFFICER_ROLES: 'registry-officer=decide,registry-head=decide,registry-head=audit',
    PCBS_PUBLIC_CHECKS_PER_MINUTE: '20',
  })
})
afterAll(async () => {
  await system.stop()
  issuer.close()
})

const uuidSubject = '6f1a1e0e-9d0b-4c1c-a3f7-1b2c3d4e5f60'
const officer = { realm_access: { roles: ['offline_access', 'registry-officer'] } }

async function send(
  plan: Parameters<Issuer['token']>[1],
  method = 'GET',
  target = '/v1/cases',
  body?: object,
): Promise<{ readonly status: number; readonly answer: Record<string, unknown> }> {
  const headers = {
    authorization: `Bearer ${await issuer.token('pcbs', plan)}`,
    ...(body && { 'content-type': 'application/json' }),
    ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
  }
  const { status, text } = await sendRaw(system.registry.apiUrl, {
    method,
    target,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status, answer: JSON.parse(text) as Record<string, unknown> }
}

describe('an officer of another provider', () => {
  test.each([
    uuidSubject,
    'auth0|507f1f77bcf86cd799439011',
    'siti.aminah@regulator.example',
    'CN=Siti Aminah,OU=Registry',
    '00u1a2b3c4d5e6f7g8h9',
    'مأمور',
    'x'.repeat(255),
    'officer-1',
  ])('is let in whatever the subject is: %s', async (sub) => {
    expect((await send({ typ: 'JWT', claims: { sub, ...officer } })).status).toBe(200)
    await expect
      .poll(() => signInsOf(sub), { timeout: 10_000, message: 'the sign-in stands in the log' })
      .toBeGreaterThan(0)
  })

  async function signInsOf(sub: string): Promise<number> {
    const { rows } = await system.query(
      "SELECT content FROM log_entry WHERE content LIKE '%officer-signed-in%'",
    )
    return rows.filter(({ content }) => String(content).includes(`actor officer:${officerIdOf(sub)}\n`))
      .length
  }

  test('decides, and is named in what was decided, under one name for one subject', async () => {
    const first = { typ: 'JWT', claims: { sub: uuidSubject, ...officer } }
    const second = { typ: 'JWT', claims: { sub: 'auth0|507f1f77bcf86cd799439011', ...officer } }
    const range = { from: '35209900', to: '35209901', status: 'PROHIBITED', reason: 'fraud' }
    const proposed = await send(first, 'POST', '/v1/tac-ranges', range)
    expect([proposed.status, proposed.answer.proposedBy]).toEqual([
      201,
      `officer:${officerIdOf(uuidSubject)}`,
    ])
    const target = `/v1/tac-ranges/${proposed.answer.id}/approval`
    // Nobody approves what they proposed, by whatever token.
    expect((await send({ ...first, typ: 'at+jwt' }, 'POST', target)).status).toBe(409)
    expect((await send(second, 'POST', target)).status).toBe(200)
  })

  test.each([
    ['at+jwt', 200],
    ['AT+JWT', 200],
    ['application/at+jwt', 200],
    ['JWT', 200],
    [undefined, 200],
    ['logout+jwt', 401],
    ['dpop+jwt', 401],
  ])('with a token of the type %s gets %i', async (typ, status) => {
    expect((await send({ typ, claims: { sub: uuidSubject, ...officer } })).status).toBe(status)
  })

  test('has a token that is signed under the name Ed25519 as well as EdDSA (RFC 9864)', async () => {
    for (const alg of ['EdDSA', 'Ed25519'])
      expect((await send({ typ: 'JWT', alg, claims: { sub: uuidSubject, ...officer } })).status).toBe(200)
  })

  test.each([
    ['a service account that holds the scope and no role', { sub: uuidSubject, scope: 'decide audit' }],
    [
      'a person without a role here',
      { sub: uuidSubject, realm_access: { roles: ['viewer'] }, scope: 'decide' },
    ],
    ['roles in another claim than the one that is set', { sub: uuidSubject, roles: ['registry-officer'] }],
    ['a client’s own token', { sub: 'batch', azp: 'batch', ...officer }],
    ['a token of nobody', { ...officer }],
    ['a subject that is too long', { sub: 'x'.repeat(256), ...officer }],
  ])('is not %s', async (_what, claims) => {
    expect((await send({ typ: 'JWT', claims })).status).toBe(403)
  })

  test('does what the role allows, and nothing else', async () => {
    const by = (roles: string[]) => ({ typ: 'JWT', claims: { sub: uuidSubject, realm_access: { roles } } })
    const statuses = async (roles: string[]) => [
      (await send(by(roles), 'GET', '/v1/cases')).status,
      (await send(by(roles), 'GET', '/v1/log/entries')).status,
    ]
    expect(await statuses(['registry-head'])).toEqual([200, 200])
    expect((await send(by(['registry-officer']), 'POST', '/v1/hits', { hits: [] })).status).toBe(403)
  })

  test('is not sent away for good while the provider’s keys cannot be read, and not counted as one who failed', async () => {
    await system.registry.programs.api.stop()
    issuer.keysStatus = 503
    await system.registry.startApi()
    for (let turn = 0; turn < 30; turn++)
      expect((await send({ typ: 'JWT', claims: { sub: uuidSubject, ...officer } })).status).toBe(503)
    issuer.keysStatus = 200
    expect((await send({ typ: 'JWT', claims: { sub: uuidSubject, ...officer } })).status).toBe(200)
  })
})

describe('with the embedded provider', () => {
  let embedded: TestSystem
  beforeAll(async () => {
    embedded = await startTestSystem(inject('postgresUrl'))
  })
  afterAll(() => embedded.stop())

  test.each(['EdDSA', 'Ed25519'] as const)('proofs are taken that say %s', async (alg) => {
    const prove = await telcoProver(embedded, 'telco-a', 'desk', alg)
    const { apiUrl } = embedded.registry
    const headers = await prove('GET', '/v1/cases')
    expect((await sendRaw(apiUrl, { method: 'GET', target: '/v1/cases', headers })).status).toBe(200)
  })

  test.each([
    ['its query', '/v1/cases?limit=5', '/v1/cases?limit=5'],
    ['another query, which is not compared', '/v1/cases?limit=5', '/v1/cases?after=1'],
    ['a fragment', '/v1/cases', '/v1/cases#first'],
    ['dot segments', '/v1/cases', '/v1/feeds/../cases'],
    ['escapes that need not be', '/v1/cases', '/v1/%63ases'],
  ])('a proof is taken whose URL has %s', async (_what, target, htu) => {
    const prove = await telcoProver(embedded, 'telco-a', 'desk')
    const headers = await prove('GET', htu)
    expect((await sendRaw(embedded.registry.apiUrl, { method: 'GET', target, headers })).status).toBe(200)
  })

  test.each([
    ['of another operation', '/v1/hits'],
    ['of another case of letters', '/v1/Cases'],
    ['with a slash behind it', '/v1/cases/'],
  ])('a proof %s is refused', async (_what, htu) => {
    const prove = await telcoProver(embedded, 'telco-a', 'desk')
    const headers = await prove('GET', htu)
    const { status } = await sendRaw(embedded.registry.apiUrl, {
      method: 'GET',
      target: '/v1/cases',
      headers,
    })
    expect(status).toBe(401)
  })
})
