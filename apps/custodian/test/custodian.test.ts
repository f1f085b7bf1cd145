import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  askCustodian,
  consistencyProof,
  encodePolicy,
  findHeadFault,
  hashLeaf,
  hashNode,
  headBytes,
  makeSealingKey,
  openCheckpoint,
  openPolicy,
  publicKeyFromRaw,
  rawPublicKey,
  type SealingCustodian,
  signBytes,
  treeRoot,
} from '@pcbs/seal'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CheckpointSigner } from '../src/checkpoints.ts'
import { openFileKeyring } from '../src/keyring.ts'
import { Ledger } from '../src/ledger.ts'
import { Erasures } from '../src/openings/erasures.ts'
import { createCustodianServer } from '../src/server.ts'

const telcoA = generateKeyPairSync('ed25519')
const registry = generateKeyPairSync('ed25519')
const administration = generateKeyPairSync('ed25519')
let folder: string
let url: string
let close: () => void

const ask = {
  telco: asCaller('telco-a', telcoA.privateKey),
  registry: asCaller('registry', registry.privateKey),
  administration: asCaller('administration', administration.privateKey),
}

function asCaller(callerId: string, privateKey: KeyObject) {
  return () => ({ url, callerId, privateKey })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pcbs-custodian-'))
  const callersFile = join(folder, 'callers.json')
  const callers = [
    { id: 'telco-a', role: 'telco', telco: 'telco-a', publicKey: telcoA.publicKey.export({ format: 'jwk' }) },
    { id: 'registry', role: 'registry', publicKey: registry.publicKey.export({ format: 'jwk' }) },
    {
      id: 'administration',
      role: 'administration',
      publicKey: administration.publicKey.export({ format: 'jwk' }),
    },
  ]
  await writeFile(callersFile, JSON.stringify(callers))
  const keyring = await openFileKeyring(join(folder, 'keyring.json'))
  const checkpoints = await CheckpointSigner.open(join(folder, 'checkpoint'), keyring)
  const server = createCustodianServer({
    name: 'custodian-a',
    place: 1,
    keyring,
    logRoot: keyring.listRoot.publicKey,
    checkpoints,
    callersFile,
    officersFile: join(folder, 'officers.json'),
    orderFile: undefined,
    openings: await Ledger.open(join(folder, 'openings'), Date.now),
    claims: await Ledger.open(join(folder, 'claims'), Date.now),
    erasures: await Erasures.open(join(folder, 'erasures')),
    now: Date.now,
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A listening TCP server has an address.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  close = () => server.close()
})

afterAll(async () => {
  close()
  await rm(folder, { recursive: true })
})

describe('the keyring', () => {
  test('is made once, closed to others, and opens to the same keys', async () => {
    const path = join(folder, 'again.json')
    const first = await openFileKeyring(path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const second = await openFileKeyring(path)
    expect(second.derive('telco', 'telco-a', 1)).toEqual(first.derive('telco', 'telco-a', 1))
  })

  test('is refused when others can read it, or when it is damaged', async () => {
    const path = join(folder, 'open.json')
    await openFileKeyring(path)
    const content = await readFile(path, 'utf8')
    await chmod(path, 0o644)
    await expect(openFileKeyring(path)).rejects.toThrow('open to other users')
    await chmod(path, 0o600)
    await writeFile(path, content.slice(0, 20))
    await expect(openFileKeyring(path)).rejects.toThrow('is not a keyring')
  })
})

describe('callers', () => {
  test('a telco gets its own key, the registry the second layer’s, and they differ', async () => {
    const { key } = await askCustodian(ask.telco(), 'telco_key', {})
    const keys = await askCustodian(ask.registry(), 'registry_keys', { telcos: ['telco-a', 'telco-b'] })
    expect(Object.keys(keys.telcos)).toEqual(['telco-a', 'telco-b'])
    expect(new Set([key, keys.imei, keys.idempotency, ...Object.values(keys.telcos)]).size).toBe(5)
  })

  test('nobody gets what is not theirs', async () => {
    await expect(askCustodian(ask.telco(), 'registry_keys', { telcos: ['telco-a'] })).rejects.toThrow(
      'may not ask',
    )
    await expect(askCustodian(ask.registry(), 'telco_key', {})).rejects.toThrow('may not ask')
    const stranger = { ...ask.telco(), privateKey: generateKeyPairSync('ed25519').privateKey }
    await expect(askCustodian(stranger, 'telco_key', {})).rejects.toThrow('not signed by a known caller')
    await expect(askCustodian({ ...ask.telco(), callerId: 'nobody' }, 'telco_key', {})).rejects.toThrow(
      'not signed',
    )
  })

  test('an old request, and one made for somebody else, are refused', async () => {
    const sign = (issuedAt: number, audience: string) =>
      new SignJWT({ action: 'telco_key', body: {} })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'telco-a' })
        .setIssuer('telco-a')
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + 60)
        .sign(telcoA.privateKey)
    const now = Math.floor(Date.now() / 1000)
    for (const token of [
      await sign(now - 600, 'pcbs-custodian'),
      await sign(now, 'elsewhere'),
      'not a token',
      '',
    ]) {
      const response = await fetch(new URL('/v1/requests', url), { method: 'POST', body: token })
      expect(response.status).toBe(401)
    }
  })
})

test('a policy is signed for the administration alone, and only with this custodian’s own key', async () => {
  const key = (await (await fetch(new URL('/v1/sealing-key', url))).json()) as SealingCustodian
  const forms = {
    msisdn: 'token',
    imsi: 'token',
    nationalId: 'tag',
    name: 'sealed',
    address: 'none',
  } as const
  const policy = { version: 1, forms, bases: { name: 'An Act (invented)' }, custodians: [key] }
  const text = encodePolicy(policy)
  await expect(askCustodian(ask.registry(), 'sign_policy', { text })).rejects.toThrow('may not ask')
  const signed = await askCustodian(ask.administration(), 'sign_policy', { text })
  const { publicKey } = (await (await fetch(new URL('/v1/list-root', url))).json()) as { publicKey: string }
  const root = publicKeyFromRaw(publicKey)
  expect(root && openPolicy({ text, ...signed }, root)).toEqual(policy)
  const foreign = { ...key, publicKey: makeSealingKey().publicKey }
  const stranger = { ...foreign, name: 'custodian-x' }
  for (const custodians of [[foreign], [stranger], [stranger, key], [{ ...key, epoch: key.epoch + 1 }]])
    await expect(
      askCustodian(ask.administration(), 'sign_policy', { text: encodePolicy({ ...policy, custodians }) }),
    ).rejects.toThrow('does not name custodian-a in place 1')
  await expect(askCustodian(ask.administration(), 'sign_policy', { text: 'anything' })).rejects.toThrow(
    'no collection policy',
  )
})

test('a delegated key signs heads that the root vouches for', async () => {
  const delegate = generateKeyPairSync('ed25519')
  const { delegation } = await askCustodian(ask.registry(), 'delegate_list_key', {
    publicKey: rawPublicKey(delegate.publicKey),
  })
  const { publicKey } = (await (await fetch(new URL('/v1/list-root', url))).json()) as { publicKey: string }
  const root = publicKeyFromRaw(publicKey)
  const statement = { seq: 1, head: '11'.repeat(32), signedAtMs: Date.now() }
  const signature = signBytes(delegate.privateKey, headBytes(statement))
  expect(root && findHeadFault(root, { ...statement, delegation, signature })).toBeUndefined()
})

describe('checkpoints', () => {
  const entries = Array.from({ length: 40 }, (_, index) => hashLeaf(Buffer.from(`entry ${index}`)))
  const forged = entries.with(3, hashLeaf(Buffer.from('rewritten')))
  const nodesOf = (leaves: readonly Buffer[]) => async (level: number, index: number) => {
    let row = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)
    while (row.length > 1)
      row = row.flatMap((hash, at) => (at % 2 === 0 ? [hashNode(hash, row[at + 1] ?? Buffer.alloc(0))] : []))
    return row[0] ?? Buffer.alloc(0)
  }

  async function sign(leaves: readonly Buffer[], size: number) {
    const { size: last } = await askCustodian(ask.registry(), 'last_checkpoint', {})
    const root = await treeRoot(nodesOf(leaves), size)
    const proof = last <= size ? await consistencyProof(nodesOf(leaves), last, size) : []
    return askCustodian(ask.registry(), 'sign_checkpoint', {
      origin: 'test/log',
      size,
      root: root.toString('base64'),
      proof: proof.map((hash) => hash.toString('base64')),
    })
  }

  test('are signed as long as the log goes on, and never for another history', async () => {
    const first = await sign(entries, 10)
    const { publicKey } = (await (await fetch(`${url}/v1/list-root`)).json()) as { publicKey: string }
    const key = publicKeyFromRaw(publicKey)
    expect(key && openCheckpoint(first.note, 'test/log', key)?.size).toBe(10)
    await sign(entries, 40)
    await expect(sign(forged, 40)).rejects.toThrow('does not go on')
    await expect(sign(entries, 20)).rejects.toThrow('does not go on')
    expect((await askCustodian(ask.registry(), 'last_checkpoint', {})).size).toBe(40)
  })

  test('are not signed for a telco', async () => {
    await expect(askCustodian(ask.telco(), 'last_checkpoint', {})).rejects.toThrow('may not ask that')
  })
})
