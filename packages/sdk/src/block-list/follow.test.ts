import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { paths } from '@pcbs/contract'
import { delegationBytes, headBytes, rawPublicKey, signBytes } from '@pcbs/seal'
import createClient from 'openapi-fetch'
import { expect, test } from 'vitest'
import { type FollowEvent, followList, pauseAfterAlarms } from './follow.ts'
import { type ListPosition, listStart } from './verify.ts'

test('the pause doubles with every alarm, up to a minute', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 100, 5000].map(pauseAfterAlarms)
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000])
})

test('whatever malformed thing a stream sends is an alarm, more and more seldom, and healed', async () => {
  const [root, delegate] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
  const claims = { notBeforeMs: 0, notAfterMs: 10, publicKey: rawPublicKey(delegate.publicKey) }
  const delegation = { ...claims, signature: signBytes(root.privateKey, delegationBytes(claims)) }
  const statement = { ...listStart, signedAtMs: 5 }
  const signature = signBytes(delegate.privateKey, headBytes(statement))
  const honest = JSON.stringify({ changes: [], head: { ...statement, delegation, signature } })
  const sent = ['null', '{"changes":[null]}', honest]
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/v1/block-list/snapshot') response.writeHead(404).end()
    else if (path === '/v1/block-list/changes')
      response.setHeader('content-type', 'application/json').end(honest)
    else if (path === '/v1/block-list/stream') response.write(`data: ${sent.shift() ?? honest}\n\n`)
    else response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A listening TCP server has an address.
  const { port } = server.address() as AddressInfo
  const stopping = new AbortController()
  const events: { type: FollowEvent['type']; atMs: number }[] = []
  let position: ListPosition | undefined = listStart
  const following = followList({
    client: createClient<paths>({ baseUrl: `http://127.0.0.1:${port}` }),
    root: root.publicKey,
    copy: {
      folder: '.',
      get position() {
        return position
      },
      replace: async (_, __, reached) => {
        position = reached
      },
      apply: async () => {},
    },
    edge: 'edge-1',
    onEvent: ({ type }) => events.push({ type, atMs: performance.now() }),
    signal: stopping.signal,
  })
  await expect.poll(() => events.at(-1)?.type, { timeout: 15_000 }).toBe('current')
  expect(events.map(({ type }) => type)).toEqual(['alarm', 'replaced', 'alarm', 'replaced', 'current'])
  const [first, healed, second, again] = events.map(({ atMs }) => atMs) as [number, number, number, number]
  expect(healed - first).toBeGreaterThan(900)
  expect(again - second).toBeGreaterThan(1900)
  stopping.abort()
  await following
  server.closeAllConnections()
  server.close()
})
