import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startTestSystem, type TestSystem } from './harness.ts'

let system: TestSystem
let token: string

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'), { PCBS_PUBLIC_CHECKS_PER_MINUTE: '400' })
  token = await system.officerToken()
})
afterAll(() => system.stop())

interface Sent {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

async function send(path: string, { method = 'POST', headers = {}, body }: Sent = {}) {
  const response = await fetch(`${system.registry.apiUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body: body as string }),
  })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    text,
  }
}

const caseEvents = '/v1/cases/00000000-0000-4000-8000-000000000000/events'
const withKey = (body: string | Buffer, more: Record<string, string> = {}): Sent => ({
  body,
  headers: { 'idempotency-key': randomUUID(), ...more },
})

describe('bad input gets a problem that names the field and the fix', () => {
  const bad: readonly [string, string, Sent, number, string][] = [
    ['malformed JSON', '/v1/public-checks', { body: '{"imei": ' }, 400, 'json-malformed'],
    ['a wrong type', '/v1/public-checks', { body: '{"imei": 490154203237518}' }, 400, 'body.imei'],
    ['a missing field', '/v1/public-checks', { body: '{}' }, 400, 'required'],
    [
      'an unknown field',
      '/v1/public-checks',
      { body: '{"imei":"490154203237518","name":"x"}' },
      400,
      'additionalProperties',
    ],
    [
      'a wrong check digit',
      '/v1/public-checks',
      { body: '{"imei":"352099001761482"}' },
      400,
      'imei-check-digit',
    ],
    [
      'letters in an IMEI',
      '/v1/public-checks',
      { body: '{"imei":"35209900176148x"}' },
      400,
      'imei-not-digits',
    ],
    [
      '14 digits where a person types',
      '/v1/public-checks',
      { body: '{"imei":"35209900176148"}' },
      400,
      'imei-length',
    ],
    [
      'a body that is no JSON',
      '/v1/public-checks',
      { body: 'imei=1', headers: { 'content-type': 'text/plain' } },
      415,
      'media-type',
    ],
    [
      'an oversized body',
      '/v1/public-checks',
      { body: JSON.stringify({ imei: '1'.repeat(300_000) }) },
      413,
      'body-too-large',
    ],
    [
      'a decompression bomb',
      '/v1/public-checks',
      {
        body: gzipSync(JSON.stringify({ imei: '1'.repeat(20_000_000) })),
        headers: { 'content-encoding': 'gzip' },
      },
      413,
      'body-too-large',
    ],
    ['a path that does not exist', '/v1/nothing', { body: '{}' }, 404, 'not-found'],
    ['a method that does not exist', '/v1/public-checks', { method: 'DELETE' }, 405, 'method-not-allowed'],
    ['an event that does not exist', caseEvents, withKey('{"event":"explode"}'), 400, 'body.event'],
    ['a missing Idempotency-Key', caseEvents, { body: '{"event":"keep"}' }, 400, 'required'],
    ['a case that does not exist', caseEvents, withKey('{"event":"keep"}'), 404, 'not-found'],
    ['a case id that is none', '/v1/cases/1', { method: 'GET' }, 400, 'caseId'],
    ['an unknown query parameter', '/v1/cases?owner=1', { method: 'GET' }, 400, 'query.owner'],
    ['a limit beyond the contract', '/v1/cases?limit=5000', { method: 'GET' }, 400, 'query.limit'],
    ['a made-up page', '/v1/cases?after=somewhere', { method: 'GET' }, 400, 'position-unknown'],
    [
      'a telco that does not take part',
      '/v1/feeds/pairings/1?telco=telco-z',
      { method: 'GET' },
      400,
      'telco-unknown',
    ],
  ]
  test.each(bad)('%s', async (_name, path, sent, status, named) => {
    const answer = await send(path, sent)
    expect([answer.status, answer.type]).toEqual([status, 'application/problem+json; charset=utf-8'])
    expect(answer.text).toContain(named)
    expect(JSON.parse(answer.text)).toMatchObject({
      status,
      type: expect.stringMatching(/^urn:pcbs:problem:/),
    })
  })

  test('whatever Unicode an IMEI field holds, the answer is 200 or a problem', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (imei) => {
        const { status } = await send('/v1/public-checks', { body: JSON.stringify({ imei }) })
        expect([200, 400]).toContain(status)
      }),
      { numRuns: 100 },
    )
  })
})

describe('a token', () => {
  const forged = async (claims: object, expires: string) => {
    const { privateKey } = await generateKeyPair('EdDSA')
    return new SignJWT({ scope: 'decide', ...claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'forged' })
      .setIssuer(system.registry.issuerUrl)
      .setAudience(system.registry.apiUrl)
      .setSubject('officer-1')
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(privateKey)
  }

  test('that is missing, garbled, forged or another’s is refused', async () => {
    const tokens = [
      '',
      'Bearer',
      'Bearer x.y.z',
      `Bearer ${await forged({}, '5m')}`,
      `Bearer ${token}x`,
      'Basic eDp5',
    ]
    for (const authorization of tokens) {
      const { status, headers } = await send('/v1/cases', { method: 'GET', headers: { authorization } })
      expect([authorization.slice(0, 12), status]).toEqual([authorization.slice(0, 12), 401])
      expect(headers.get('www-authenticate')).toContain('DPoP')
    }
  })

  test('of a telco is worth nothing without the key it is bound to', async () => {
    let stolen = ''
    const spy = globalThis.fetch
    globalThis.fetch = async (input, init) => {
      if (input instanceof Request) stolen = input.headers.get('authorization') ?? stolen
      return spy(input, init)
    }
    try {
      const desk = await system.client('telco-a', 'desk')
      expect((await desk.GET('/v1/cases')).response.status).toBe(200)
    } finally {
      globalThis.fetch = spy
    }
    const accessToken = stolen.split(' ')[1]
    for (const authorization of [`Bearer ${accessToken}`, `DPoP ${accessToken}`]) {
      const { status, text } = await send('/v1/cases', { method: 'GET', headers: { authorization } })
      expect(status).toBe(401)
      expect(text).toContain('proof-invalid')
    }
  })
})

test('a public check answers the unknown and the clean alike, byte for byte, and not without end', async () => {
  const unknown = await send('/v1/public-checks', { body: '{"imei":"490154203237518"}' })
  const clean = await send('/v1/public-checks', { body: '{"imei":"357613004448485"}' })
  expect(unknown.text).toBe(clean.text)
  let last = clean
  for (let count = 0; count < 500 && last.status === 200; count++)
    last = await send('/v1/public-checks', { body: '{"imei":"490154203237518"}' })
  expect(last.status).toBe(429)
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('the reference at /docs and the metrics come from this host alone', async () => {
  const page = await send('/docs/', { method: 'GET' })
  expect(page.text).toContain('swagger-ui-bundle.js')
  expect(page.text).not.toMatch(/https?:/)
  expect((await send('/docs/openapi.yaml', { method: 'GET' })).text).toContain('openapi: 3.1.0')
  expect((await send('/docs/swagger-ui-bundle.js', { method: 'GET' })).status).toBe(200)
  expect((await send('/metrics', { method: 'GET' })).text).toContain('pcbs_request_duration_seconds')
})

test('no IMEI that was sent stands in the log', async () => {
  expect(await system.apiLog()).not.toMatch(/\d{14}/)
})
