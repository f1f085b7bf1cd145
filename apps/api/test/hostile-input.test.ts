import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type ContractDocument, type Route, readContract, routesOf } from '../src/http/contract.ts'
import { startTestSystem, type TestSystem } from './harness.ts'
import { type Caller, callersOf, type RawAnswer, type RawRequest, sendRaw } from './hostile/callers.ts'
import { placesOf, resolve, type Schema, sampleOf, withAt } from './hostile/samples.ts'
import { hostileHeaders, hostileJson, hostileText } from './hostile/values.ts'

/*
 * Every parameter and every place of every body in the contract gets every hostile value, from each kind of caller whom
 * the contract lets in. What the API may say is a refusal of the 4xx kind, or, where the value happens to be a good one, 2xx.
 */

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}

let system: TestSystem
let callers: readonly Caller[]
const document = await readContract()
const routes = routesOf(document)

beforeAll(async () => {
  // No limit is to hide what an answer would be.
  system = await startTestSystem(inject('postgresUrl'), {
    PCBS_PUBLIC_CHECKS_PER_MINUTE: '10000000',
    PCBS_CLIENT_REQUESTS_PER_SECOND: '1000000',
  })
  callers = await callersOf(system)
})
afterAll(() => system.stop())

function operationOf({ paths }: ContractDocument, { path, method }: Route) {
  const item = paths[path.replaceAll(/:(\w+)/g, '{$1}')] ?? {}
  const operation = item[method] as { parameters?: Schema[]; requestBody?: { content: Bodies } }
  const parameters = [...((item.parameters as Schema[] | undefined) ?? []), ...(operation.parameters ?? [])]
  return {
    // What stands under `parameters` is parameters.
    parameters: parameters.map((each) => resolve(document, each) as unknown as Parameter),
    body: operation.requestBody?.content['application/json']?.schema,
  }
}

type Bodies = { readonly 'application/json'?: { readonly schema: Schema } }

/** Values that go: what a request is made of before one of them is exchanged. */
interface Draft {
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly header: Readonly<Record<string, string>>
  readonly body: unknown
}

function draftOf(route: Route): Draft {
  const { parameters, body } = operationOf(document, route)
  const pick = (place: Parameter['in']) =>
    Object.fromEntries(
      parameters
        .filter((each) => each.in === place && (each.required || place === 'path'))
        .map(({ name, schema }) => [name, headerSamples[name] ?? String(sampleOf(document, schema))]),
    )
  return {
    path: pick('path'),
    query: pick('query'),
    header: pick('header'),
    body: body && sampleOf(document, body),
  }
}

const headerSamples: Readonly<Record<string, string>> = {
  'Content-Digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
}

let keys = 0

function requestOf({ method, path }: Route, { path: values, query, header, body }: Draft): RawRequest {
  const target = path.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? '')
  const search = Object.entries(query).map(([name, value]) => `${name}=${value}`)
  const hasKey = 'Idempotency-Key' in header && header['Idempotency-Key'] === freshKeyMark
  const headers = hasKey ? { ...header, 'Idempotency-Key': `hostile-${keys++}` } : header
  return {
    method: method.toUpperCase(),
    target: search.length > 0 ? `${target}?${search.join('&')}` : target,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }
}

const freshKeyMark = 'fresh-key-of-the-walk'

function draftWithKey(route: Route): Draft {
  const draft = draftOf(route)
  if (!('Idempotency-Key' in draft.header)) return draft
  return { ...draft, header: { ...draft.header, 'Idempotency-Key': freshKeyMark } }
}

/** Those whom the contract lets do this; the refusal of all others is the permissions' test. */
function callersFor({ roles, scopes }: Route): readonly Caller[] {
  return callers.filter(
    ({ role, scopes: held }) =>
      roles.includes(role) && (role === 'public' || scopes.some((scope) => held.includes(scope))),
  )
}

/** Sends every one to each caller, some at a time, and gives those that were answered as they must not be. */
async function findWrong(
  route: Route,
  requests: readonly (RawRequest & { readonly what: string })[],
): Promise<readonly string[]> {
  const wrong: string[] = []
  const work = callersFor(route).flatMap((caller) => requests.map((sent) => ({ caller, sent })))
  const next = work[Symbol.iterator]()
  const sendOn = async () => {
    for (const { caller, sent } of next) {
      const answer = await caller.send(sent)
      if (!isFine(answer)) wrong.push(`${caller.name}, ${sent.what}: ${answer.status} ${answer.text}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, sendOn))
  return wrong
}

function isFine({ status, headers, text }: RawAnswer): boolean {
  if (status >= 200 && status < 300) return true
  const isProblem = String(headers['content-type']).startsWith('application/problem+json')
  return status >= 400 && status < 500 && isProblem && text.includes('urn:pcbs:problem:')
}

describe.each(routes)('$operationId', (route) => {
  const { parameters, body } = operationOf(document, route)

  test('refuses what does not fit a parameter, and never breaks on it', async () => {
    const draft = draftWithKey(route)
    const requests = parameters.flatMap(({ name, in: place }) =>
      (place === 'header' ? hostileHeaders : hostileText)
        // A wait that was asked for is no fault.
        .filter((value) => name !== 'waitSeconds' || !/^\d+$/.test(value))
        .map((value) => ({
          what: `${place} ${name}=${value.slice(0, 50)}`,
          ...requestOf(route, { ...draft, [place]: { ...draft[place], [name]: value } }),
        })),
    )
    const odd = [
      'limit=1&limit=2',
      'after=1&after=2',
      'state[]=open',
      'limit[a]=1',
      '%E0%A4%A=1',
      '%00=1',
      '=',
      '&&',
      '__proto__=1',
      'x'.repeat(5000),
    ]
    const { target, ...rest } = requestOf(route, draft)
    const queries = odd.map((query) => ({
      what: `query ${query.slice(0, 50)}`,
      ...rest,
      target: `${target}${target.includes('?') ? '&' : '?'}${query}`,
    }))
    expect(await findWrong(route, [...requests, ...queries])).toEqual([])
  })

  test.runIf(body)('refuses what does not fit any place of its body, and never breaks on it', async () => {
    const draft = draftWithKey(route)
    const requests = placesOf(draft.body).flatMap((place) =>
      hostileJson.map((value) => ({
        what: `body.${place.join('.')} = ${JSON.stringify(value)?.slice(0, 50)}`,
        ...requestOf(route, { ...draft, body: withAt(draft.body, place, value) }),
      })),
    )
    expect(await findWrong(route, requests)).toEqual([])
  })

  test.runIf(body)('refuses a body that is no JSON of this operation, and never breaks on it', async () => {
    const sent = requestOf(route, draftWithKey(route))
    const json = 'application/json'
    const bodies: readonly [string, string | Buffer, Record<string, string>][] = [
      ['cut off', '{"a": ', { 'content-type': json }],
      ['a word', 'null', { 'content-type': json }],
      ['a number', '1e400', { 'content-type': json }],
      ['nothing', '', { 'content-type': json }],
      ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), { 'content-type': json }],
      ['a byte order mark', '\ufeff{}', { 'content-type': json }],
      ['deep', `{"imei":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, { 'content-type': json }],
      ['deep objects', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, { 'content-type': json }],
      ['a prototype', '{"__proto__":{"a":1},"constructor":{"prototype":{}}}', { 'content-type': json }],
      [
        'many keys',
        `{${Array.from({ length: 9000 }, (_, n) => `"k${n}":1`).join(',')}}`,
        { 'content-type': json },
      ],
      ['false gzip', 'not gzip', { 'content-type': json, 'content-encoding': 'gzip' }],
      ['false brotli', 'not brotli', { 'content-type': json, 'content-encoding': 'br' }],
      ['false deflate', 'not deflate', { 'content-type': json, 'content-encoding': 'deflate' }],
      ['unknown encoding', '{}', { 'content-type': json, 'content-encoding': 'compress' }],
      ['two encodings', '{}', { 'content-type': json, 'content-encoding': 'gzip, gzip' }],
      ['unknown charset', '{}', { 'content-type': `${json}; charset=klingon` }],
      ['UTF-16', Buffer.from('{}', 'utf16le'), { 'content-type': `${json}; charset=utf-16` }],
      ['broken type', '{}', { 'content-type': `${json}; charset="` }],
      ['no type', '{}', { 'content-type': '' }],
      ['form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['multipart', '--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
      ['broken multipart', 'x', { 'content-type': 'multipart/form-data' }],
    ]
    const requests = bodies.map(([what, content, headers]) => ({
      what,
      ...sent,
      headers: { ...sent.headers, ...headers },
      body: content,
    }))
    expect(await findWrong(route, requests)).toEqual([])
  })
})

test.each([
  '/%E0%A4%A',
  '/v1/%E0%A4%A/x',
  '/v1/cases/%E0%A4%A',
  '/v1/cases/%00',
  '/v1/feeds/pairings/2147483648',
  '/docs/%E0%A4%A',
  '/docs/%00',
  '/docs/..%2f..%2fpackage.json',
  '/docs/swagger-ui.css/%',
  '/metrics/%',
  '//',
  '//v1//cases',
  '/v1/cases/',
  '/?%E0%A4%A',
  'http://elsewhere.example/v1/cases/%ZZ',
  '*',
])('%s is a refusal by whatever method it comes', async (target) => {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
    const { status } = await sendRaw(system.registry.apiUrl, { method, target })
    expect([method, status >= 400 && status < 500]).toEqual([method, true])
  }
})

test('headers beyond what is read, and values that no header has, are refusals', async () => {
  const get = (headers: Record<string, string>) =>
    sendRaw(system.registry.apiUrl, { method: 'GET', target: '/v1/cases', headers })
  expect((await get({ authorization: `Bearer ${'x'.repeat(60_000)}` })).status).toBe(431)
  for (const authorization of [
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'Bearer  ',
    'DPoP x',
    'Bearer é',
    'Basic x',
    'Bearer a.b.c',
  ])
    expect((await get({ authorization })).status).toBe(401)
  expect((await get({ 'content-length': '5', 'transfer-encoding': 'chunked' })).status).toBeLessThan(500)
  expect((await get({ expect: 'something' })).status).toBeLessThan(500)
})

test('custodian and authorization server refuse what they cannot read, and break on nothing of it', async () => {
  const { custodianUrl, issuerUrl } = system.registry
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const key = '?client_id=officers&response_type=code&redirect_uri=http://127.0.0.1/signed-in&scope=openid'
  const targets: readonly [string, string, string][] = [
    ...['/v1/requests', '/v1/%E0%A4%A', '/%00', '//', '*'].map((target): [string, string, string] => [
      custodianUrl,
      'POST',
      target,
    ]),
    ...['/sign-in/x', '/sign-in/%E0%A4%A', '/sign-in/%00', '/%E0%A4%A', '/token', '/nothing', '*'].flatMap(
      (target): [string, string, string][] => [
        [issuerUrl, 'POST', target],
        [issuerUrl, 'GET', target],
      ],
    ),
    ...hostileText
      .slice(0, 60)
      .map((value): [string, string, string] => [
        issuerUrl,
        'GET',
        `/auth${key}&state=${value}&resource=${value}`,
      ]),
  ]
  const bodies = [
    '',
    'x',
    'a.b.c',
    '{}',
    'e30.e30.e30',
    'grant_type=%E0%A4%A',
    'grant_type=a&grant_type=b',
    '\0',
    'x'.repeat(60_000),
  ]
  const wrong: string[] = []
  for (const [url, method, target] of targets)
    for (const body of method === 'POST' ? bodies : [''])
      for (const headers of [form, { 'content-type': 'application/jwt' }]) {
        const { status } = await sendRaw(url, { method, target, headers, body })
        if (status >= 500 && status !== 501) wrong.push(`${method} ${target} ${body.slice(0, 40)}: ${status}`)
      }
  expect(wrong).toEqual([])
})

test('nothing of all this got as far as the database, or failed where our log would have to tell of it', async () => {
  const failed = (await system.apiLog()).split('\n').filter((line) => line.includes('"request_failed"'))
  expect(failed).toEqual([])
})
