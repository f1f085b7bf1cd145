import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TelcoConfiguration } from '@pcbs/sdk'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { followKeys } from './follow-keys.ts'

let stateFolder: string
beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'pcbs-keys-'))
})
afterEach(() => rm(stateFolder, { recursive: true }))

test.each<[string, RequestListener | undefined]>([
  ['The custodian gave no key. ECONNREFUSED.', undefined],
  ['The custodian gave no key. HTTP 403.', (_, response) => response.writeHead(403).end('{"title":"No."}')],
])('a custodian that gives no key is told of with why: %s', async (reason, listener) => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A listening TCP server has an address.
  const { port } = server.address() as AddressInfo
  const close = () => new Promise((resolve) => server.close(resolve))
  if (!listener) await close()
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const registry: TelcoConfiguration = {
    ...{ telco: 'telco-a', clientId: 'telco-a-edge', privateKey, listRoot: publicKey, stateFolder },
    ...{ custodianUrl: `http://127.0.0.1:${port}`, issuerUrl: 'http://unused.test' },
    ...{ registryUrl: 'http://unused.test' },
  } as unknown as TelcoConfiguration
  const stopping = new AbortController()
  const reasons: string[] = []
  const disk = { failed: () => {}, succeeded: () => {} }
  const custodian = { ...disk, failed: (why: string) => void reasons.push(why) }
  const keys = await followKeys({
    ...{ registry, isKept: false, custodian, disk, signal: stopping.signal },
    ...{ isTakingChecks: Promise.resolve(), take: async () => {} },
  })
  await keys.firstTry
  expect(reasons).toEqual([reason])
  stopping.abort()
  await keys.ended
  if (listener) await close()
})
