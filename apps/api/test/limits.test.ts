import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type AnotherApi, startAnotherApi } from './another-api.ts'
import { startTestSystem, type TestSystem } from './harness.ts'
import { sendRaw } from './hostile/callers.ts'

/*
 * The first API trusts nobody's word on an address; the second and the third stand behind a proxy on this machine. All count
 * on one database.
 */

let system: TestSystem
let behindProxy: readonly [AnotherApi, AnotherApi]

beforeAll(async () => {
  const limits = { PCBS_PUBLIC_CHECKS_PER_MINUTE: '60' }
  system = await startTestSystem(inject('postgresUrl'), limits)
  const settings = { ...limits, PCBS_TRUSTED_PROXIES: 'loopback' }
  behindProxy = [await startAnotherApi(system, settings), await startAnotherApi(system, settings)]
})
afterAll(async () => {
  for (const { program } of behindProxy) await program.stop()
  await system.stop()
})

async function check(url: string, forwardedFor?: string): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
  }
  const body = '{"imei":"490154203237518"}'
  return (await sendRaw(url, { method: 'POST', target: '/v1/public-checks', headers, body })).status
}

/** How many of so many checks were answered, and how many were sent away. */
async function answered(count: number, send: (turn: number) => Promise<number>): Promise<[number, number]> {
  const statuses: number[] = []
  for (let turn = 0; turn < count; turn++) statuses.push(await send(turn))
  return [
    statuses.filter((status) => status === 200).length,
    statuses.filter((status) => status === 429).length,
  ]
}

test('behind a trusted proxy everybody has a limit of their own', async () => {
  const [{ url }] = behindProxy
  expect(await answered(65, (turn) => check(url, `198.51.100.${turn}`))).toEqual([65, 0])
  expect(await answered(65, (turn) => check(url, `2001:db8:0:${turn.toString(16)}::1`))).toEqual([65, 0])
})

test('several APIs count one limit together', async () => {
  const [one, other] = behindProxy
  expect(await answered(70, (turn) => check((turn % 2 === 0 ? one : other).url, '203.0.113.1'))).toEqual([
    60, 10,
  ])
})

test('a network of 64 bits is one client, whichever of its addresses it shows, and so is an IPv4 address in either form', async () => {
  const [{ url }] = behindProxy
  expect(await answered(65, (turn) => check(url, `2001:db8:1:1:${turn.toString(16)}::1`))).toEqual([60, 5])
  const forms = ['203.0.113.2', '::ffff:203.0.113.2', '203.0.113.2:5000', '[::ffff:cb00:7102]:443']
  expect(await answered(64, (turn) => check(url, forms[turn % 4]))).toEqual([60, 4])
})

test('what a client itself writes before its proxy does is not believed', async () => {
  const [{ url }] = behindProxy
  expect(await answered(65, (turn) => check(url, `192.0.2.${turn}, 203.0.113.3`))).toEqual([60, 5])
})

test('a client that its proxy hides shares the limit of the proxy', async () => {
  const [{ url }] = behindProxy
  expect(await answered(65, (turn) => check(url, `_hidden${turn}`))).toEqual([60, 5])
})

test('without a trusted proxy nobody gets another limit for what they write', async () => {
  // Those who were hidden above came from this machine too: all that is left of its limit is nothing.
  const { apiUrl } = system.registry
  expect(await answered(65, (turn) => check(apiUrl, `198.51.100.${100 + turn}`))).toEqual([0, 65])
})

test('no address stands in the database, and counts go once they are over', async () => {
  const { rows } = await system.query('SELECT key, expire FROM rate_limit')
  expect(rows.length).toBeGreaterThan(100)
  for (const { key, expire } of rows) {
    expect(key).toMatch(/^(?:public|client|failure):[A-Za-z0-9_-]{43}$/)
    expect(Number(expire)).toBeLessThan(Date.now() + 61_000)
  }
})
