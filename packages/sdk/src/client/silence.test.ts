import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAccess } from './access.ts'
import { createRegistryClient } from './client.ts'

let silent: Server
let url: string
let connections = 0
beforeEach(async () => {
  connections = 0
  silent = createServer((socket) => {
    connections += 1
    socket.on('error', () => {}).resume()
  }).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  // A listening TCP server has an address.
  url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
})
afterEach(() => silent.close())

const policy = { attempts: 2, firstPauseMs: 1, longestPauseMs: 1 }
const options = () => ({
  issuerUrl: url,
  registryUrl: url,
  clientId: 'telco-a-edge',
  privateKey: generateKeyPairSync('ed25519').privateKey,
  scopes: ['list'],
})

test('an issuer that accepts and stays silent is given up in the time of a try, and tried again', async () => {
  const access = await createAccess(options(), policy, 50)
  await expect(access.headersFor('GET', `${url}/v1/x`)).rejects.toMatchObject({
    code: 'registry-away',
    message: expect.stringContaining('2 tries: TimeoutError'),
  })
})

test('a request that its sender gives up does not wait for a token from a silent issuer', async () => {
  const client = await createRegistryClient(options(), policy)
  const sender = new AbortController()
  const asked = client.GET('/v1/block-list/snapshot', { signal: sender.signal })
  const ended = expect(asked).rejects.toThrow('aborted')
  await expect.poll(() => connections).toBe(1)
  sender.abort()
  await ended
})
