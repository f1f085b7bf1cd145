import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { fetchPatiently, pauseBefore } from './retry.ts'

const policy = { attempts: 5, firstPauseMs: 1, longestPauseMs: 4 }
let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** A server that answers with these statuses in turn, the last again and again. */
async function serve(
  statuses: readonly number[],
  retryAfterSeconds = 0,
): Promise<{ url: string; seen: () => number }> {
  let seen = 0
  const started = createServer((_request, response) => {
    response.statusCode = statuses[Math.min(seen, statuses.length - 1)] ?? 500
    seen += 1
    response.setHeader('retry-after', String(retryAfterSeconds)).end()
  }).listen(0, '127.0.0.1')
  server = started
  await once(started, 'listening')
  // A listening TCP server has an address.
  return { url: `http://127.0.0.1:${(started.address() as AddressInfo).port}`, seen: () => seen }
}

describe('a request', () => {
  test('is tried again while the registry is busy or away, and no longer', async () => {
    const { url, seen } = await serve([503, 429, 200])
    expect((await fetchPatiently(policy, async () => new Request(url))).status).toBe(200)
    expect(seen()).toBe(3)
  })

  test('that is refused is not tried again', async () => {
    const { url, seen } = await serve([409])
    expect((await fetchPatiently(policy, async () => new Request(url))).status).toBe(409)
    expect(seen()).toBe(1)
  })

  test('that may be repeated tomorrow is answered today', async () => {
    const { url, seen } = await serve([429], 30_000)
    expect((await fetchPatiently(policy, async () => new Request(url))).status).toBe(429)
    expect(seen()).toBe(1)
  })

  test('that nobody answers ends as registry-away', async () => {
    const { url } = await serve([200])
    server?.close()
    await expect(fetchPatiently(policy, async () => new Request(url))).rejects.toMatchObject({
      code: 'registry-away',
    })
  })

  test('that its sender gives up ends at once', async () => {
    const { url } = await serve([503])
    const request = async () => new Request(url, { signal: AbortSignal.abort() })
    await expect(fetchPatiently({ ...policy, firstPauseMs: 60_000 }, request)).rejects.toThrow()
  })

  test('ends at once, between two tries as in one, when the process is asked to', async () => {
    const { url, seen } = await serve([503])
    const stopping = new AbortController()
    const patient = { attempts: 12, firstPauseMs: 60_000, longestPauseMs: 60_000, signal: stopping.signal }
    const busy = createServer(() => {}).listen(0, '127.0.0.1')
    await once(busy, 'listening')
    // A listening TCP server has an address.
    const silent = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
    const waiting = [url, silent].map((target) => fetchPatiently(patient, async () => new Request(target)))
    const ended = Promise.allSettled(waiting)
    await expect.poll(seen).toBe(1)
    stopping.abort()
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    busy.closeAllConnections()
    busy.close()
  })
})

test('a pause is what the server asks for, or doubles up to the longest, never without some chance', () => {
  fc.assert(
    fc.property(
      fc.nat(40),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.option(fc.nat(300)),
      (attempt, random, asked) => {
        const pause = pauseBefore(attempt, asked === null ? null : String(asked), policy, random)
        if (asked !== null) expect(pause).toBeGreaterThanOrEqual(asked * 1000)
        else expect(pause).toBeLessThanOrEqual(policy.longestPauseMs)
        expect(pause).toBeGreaterThanOrEqual(0)
      },
    ),
  )
})
