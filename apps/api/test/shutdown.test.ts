import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type ClientRequest, createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { appModule, findFreePort, type RunningProgram, withClient } from '@pcbs/dev-nation'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type AnotherApi, startAnotherApi } from './another-api.ts'
import { startTestSystem, type TestSystem } from './harness.ts'
import { telcoProver } from './hostile/callers.ts'

/** Whoever runs a process waits ten seconds for its end, whatever is under way in it. */

let system: TestSystem
beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
})
afterAll(() => system.stop())

const tenSeconds = 10_000

/** Asks it to end as a service manager would; gives how long it took. */
async function end({ pid, ended }: RunningProgram): Promise<number> {
  const beganMs = performance.now()
  process.kill(pid, 'SIGTERM')
  await ended
  return performance.now() - beganMs
}

/** Sends a request and never ends its body. */
function hang(url: string, method: string, path: string, headers: Record<string, string>): ClientRequest {
  const sent = request(new URL(path, url), { method, headers })
  sent.on('error', () => {})
  sent.flushHeaders()
  return sent
}

describe('the API ends within ten seconds', () => {
  let api: AnotherApi
  let prove: (method: string, path: string) => Promise<Readonly<Record<string, string>>>

  async function startApi(client: 'adapter' | 'desk' = 'adapter'): Promise<void> {
    api = await startAnotherApi(system)
    prove = await telcoProver(system, 'telco-a', client)
  }

  test('at once where nothing is under way', async () => {
    await startApi()
    expect(await end(api.program)).toBeLessThan(2000)
  })

  test('with an open stream of the list, a long wait for a change and a connection that says nothing', async () => {
    await startApi()
    const get = async (target: string) => {
      const [path = ''] = target.split('?')
      const sent = hang(api.url, 'GET', target, { ...(await prove('GET', path)) })
      sent.end()
      return sent
    }
    const stream = await get('/v1/block-list/stream?after=0')
    const [response] = await once(stream, 'response')
    response.resume().on('error', () => {})
    await get('/v1/block-list/changes?after=0&waitSeconds=60')
    const { port } = new URL(api.url)
    const silent = connect(Number(port), '127.0.0.1')
    silent.on('error', () => {})
    await once(silent, 'connect')
    expect(await end(api.program)).toBeLessThan(tenSeconds)
  })

  test('with an upload that trickles, which is undone', async () => {
    await startApi()
    const desk = await system.client('telco-a', 'adapter')
    const { data: feed } = await desk.POST('/v1/feeds', {
      params: { header: { 'Idempotency-Key': 'shutdown-upload' } },
      body: {
        kind: 'pairings',
        mode: 'snapshot',
        periodFrom: '2026-01-01',
        periodTo: '2026-01-02',
        policyVersion: 1,
      },
    })
    const path = `/v1/feeds/pairings/${feed?.number}/parts/1`
    const digest = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:'
    const upload = hang(api.url, 'PUT', path, {
      ...(await prove('PUT', path)),
      'content-type': 'application/vnd.pcbs.feed-part',
      'content-digest': digest,
    })
    const trickle = setInterval(() => upload.write('x,y\n'), 100)
    upload.on('close', () => clearInterval(trickle))
    await expect
      .poll(copiesUnderWay, { timeout: 10_000, message: 'the database takes the upload in' })
      .toBeGreaterThan(0)
    expect(await end(api.program)).toBeLessThan(tenSeconds)
    clearInterval(trickle)
    await expect
      .poll(copiesUnderWay, { timeout: 5000, message: 'the database has given the upload up' })
      .toBe(0)
  })

  const copiesUnderWay = () =>
    countActivity("query LIKE 'COPY staging%' AND application_name = 'pcbs-ingest'")

  test('with a request that waits for a lock of the database, which waits no longer', async () => {
    await startApi('desk')
    const headers = { ...(await prove('GET', '/v1/cases')) }
    await asSuperuser(async (holder) => {
      await holder.query('BEGIN; LOCK TABLE log_pending')
      const before = await locksWaitedFor()
      hang(api.url, 'GET', '/v1/cases', headers).end()
      await expect
        .poll(locksWaitedFor, { timeout: 10_000, message: 'the request waits for the lock' })
        .toBeGreaterThan(before)
      expect(await end(api.program)).toBeLessThan(tenSeconds)
      // The first API's own worker waits for it too.
      await expect
        .poll(locksWaitedFor, { timeout: 5000, message: 'nobody waits on behalf of the API that is gone' })
        .toBeLessThanOrEqual(1)
    })
  })

  const locksWaitedFor = () => countActivity("wait_event_type = 'Lock' AND application_name = 'pcbs-api'")

  test('while it still waits for its custodian, and once whoever started it is gone', async () => {
    const custodian = createServer(() => {}).listen(0, '127.0.0.1')
    await once(custodian, 'listening')
    // A listening TCP server has an address.
    const url = `http://127.0.0.1:${(custodian.address() as AddressInfo).port}`
    for (const how of ['SIGTERM', 'disconnect'] as const) {
      const asked = once(custodian, 'connection')
      const environment = { ...process.env, ...system.registry.apiEnvironment(await findFreePort()) }
      const starting = spawn(process.execPath, [fileURLToPath(appModule('api'))], {
        env: { ...environment, PCBS_CUSTODIAN_URL: url, PCBS_SEALING_CUSTODIAN_URLS: url },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      await asked
      const ended = once(starting, 'exit')
      const beganMs = performance.now()
      if (how === 'SIGTERM') starting.kill('SIGTERM')
      else starting.disconnect()
      await ended
      expect([how, performance.now() - beganMs < tenSeconds]).toEqual([how, true])
    }
    custodian.closeAllConnections()
    custodian.close()
  })
})

/** Does something on the registry's database as one who sees and may do everything. */
function asSuperuser<Value>(work: Parameters<typeof withClient<Value>>[1]): Promise<Value> {
  const { pathname } = new URL(system.registry.ownerUrl)
  return withClient(Object.assign(new URL(inject('postgresUrl')), { pathname }).href, work)
}

/** How many connections to the registry's database are doing this. */
function countActivity(condition: string): Promise<number> {
  return asSuperuser(async (client) => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND ${condition}`,
    )
    return rowCount ?? 0
  })
}

describe('the custodian and the authorization server end within ten seconds', () => {
  test.each(['custodian', 'authorization'] as const)('%s, with a request that never ends', async (name) => {
    const program = system.registry.programs[name]
    const { custodianUrl, issuerUrl } = system.registry
    const url = name === 'custodian' ? custodianUrl : issuerUrl
    const path = name === 'custodian' ? '/v1/requests' : '/token'
    const sent = hang(url, 'POST', path, { 'content-type': 'application/x-www-form-urlencoded' })
    sent.write('a=')
    await delay(200)
    expect(await end(program)).toBeLessThan(tenSeconds)
    sent.destroy()
  })
})
