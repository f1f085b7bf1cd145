import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TelcoKey } from '@pcbs/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forgetKeys, type KeyKeeper, keepSealed, openKeys, readKeptKeys, sealKeys } from './sealed-keys.ts'

const privateKey = generateKeyPairSync('ed25519').privateKey
const keeper: KeyKeeper = { stateFolder: '', telco: 'telco-a', clientId: 'telco-a-edge', privateKey }
const key: fc.Arbitrary<TelcoKey> = fc.record({
  epoch: fc.integer({ min: 1, max: 255 }),
  key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
})
const keys = fc.tuple(key, fc.array(key, { maxLength: 3 })).map(([first, rest]) => [first, ...rest] as const)

test('keys that are sealed are opened by the same edge, and by nothing else', () => {
  const others: KeyKeeper[] = [
    { ...keeper, privateKey: generateKeyPairSync('ed25519').privateKey },
    { ...keeper, telco: 'telco-b' },
    { ...keeper, clientId: 'telco-a-desk' },
  ]
  fc.assert(
    fc.property(keys, fc.nat(), fc.integer({ min: 1, max: 255 }), (sealed, at, mask) => {
      const bytes = sealKeys(keeper, sealed)
      expect(openKeys(keeper, bytes)).toEqual(sealed)
      for (const other of others) expect(openKeys(other, bytes)).toBeUndefined()
      // Neither a key nor anything of it lies there in clear, in whatever writing.
      for (const each of sealed)
        for (const writing of ['latin1', 'hex', 'base64', 'base64url'] as const)
          expect(bytes.toString('latin1')).not.toContain(each.key.toString(writing).slice(0, 20))
      const damaged = Buffer.from(bytes)
      const place = at % bytes.length
      damaged[place] = (damaged[place] as number) ^ mask
      expect(openKeys(keeper, damaged)).toBeUndefined()
      expect(openKeys(keeper, bytes.subarray(0, place))).toBeUndefined()
    }),
  )
})

test('keys are kept over a restart in a file for nobody else, and are gone when they are forgotten', async () => {
  const stateFolder = await mkdtemp(join(tmpdir(), 'pcbs-keys-'))
  try {
    const own = { ...keeper, stateFolder }
    expect(await readKeptKeys(own)).toBeUndefined()
    const kept = [{ epoch: 2, key: Buffer.alloc(32, 7) }] as const
    await keepSealed(own, kept)
    expect(await readKeptKeys(own)).toEqual(kept)
    const [name] = await readdir(stateFolder)
    expect(name).toBe('telco-keys.sealed')
    const path = join(stateFolder, name ?? '')
    await writeFile(path, (await readFile(path)).subarray(0, 40))
    expect(await readKeptKeys(own)).toBeUndefined()
    await forgetKeys(own)
    expect(await readdir(stateFolder)).toEqual([])
  } finally {
    await rm(stateFolder, { recursive: true })
  }
})
