import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  appendToTiles,
  type Checkpoint,
  checkpointBody,
  consistencyProof,
  cosignCheckpoint,
  decodeLogEntry,
  delegateLogKey,
  emptyRoot,
  encodeLogEntry,
  hashLeaf,
  hashNode,
  inclusionProof,
  isConsistent,
  isIncluded,
  nodesFromTiles,
  openCheckpoint,
  readCosignature,
  signCheckpoint,
  treeRoot,
} from '../index.ts'

/** The tree as RFC 9162 §2.1.1 defines it, word for word. */
function bruteRoot(entries: readonly Uint8Array[]): Buffer {
  const [first] = entries
  if (!first) return emptyRoot
  if (entries.length === 1) return hashLeaf(first)
  let split = 1
  while (split * 2 < entries.length) split *= 2
  return hashNode(bruteRoot(entries.slice(0, split)), bruteRoot(entries.slice(split)))
}

const readerOf = (entries: readonly Uint8Array[]) => async (level: number, index: number) =>
  bruteRoot(entries.slice(index * 2 ** level, (index + 1) * 2 ** level))

/** The entries whose tree the Certificate Transparency test vectors give. */
const vectorEntries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'))
const vectorRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

// No two alike, so that no proof of one is rightly one of another.
const entries = fc.uniqueArray(fc.uint8Array({ maxLength: 8 }), {
  minLength: 1,
  maxLength: 70,
  selector: String,
})

describe('the tree', () => {
  test.each(vectorRoots.map((root, index) => [index + 1, root] as const))(
    'of %i known entries has the known root',
    async (size, root) => {
      expect((await treeRoot(readerOf(vectorEntries), size)).toString('hex')).toBe(root)
    },
  )

  test('proves every entry it holds at its place, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(), async (all, pick) => {
        const index = pick % all.length
        const tree = { size: all.length, root: bruteRoot(all) }
        expect((await treeRoot(readerOf(all), all.length)).equals(tree.root)).toBe(true)
        const proof = await inclusionProof(readerOf(all), index, all.length)
        const hash = hashLeaf(all[index] ?? new Uint8Array())
        expect(isIncluded({ hash, index }, tree, proof)).toBe(true)
        expect(isIncluded({ hash: hashLeaf(Buffer.from('another')), index }, tree, proof)).toBe(false)
        expect(isIncluded({ hash, index: index + 1 }, tree, proof)).toBe(false)
        expect(isIncluded({ hash, index }, tree, [...proof, emptyRoot])).toBe(false)
        if (proof.length > 0) expect(isIncluded({ hash, index }, tree, proof.slice(1))).toBe(false)
      }),
      { numRuns: 150 },
    )
  })

  test('proves that it begins with every smaller one, and not that a changed one did', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(), fc.nat(), async (all, pick, place) => {
        const size = pick % (all.length + 1)
        const larger = { size: all.length, root: bruteRoot(all) }
        const smaller = { size, root: bruteRoot(all.slice(0, size)) }
        const proof = await consistencyProof(readerOf(all), size, all.length)
        expect(isConsistent(smaller, larger, proof)).toBe(true)
        if (size === 0) return
        const changed = all.map((entry, index) => (index === place % size ? Buffer.from('rewritten') : entry))
        const forged = { size: all.length, root: bruteRoot(changed) }
        const forgedProof = await consistencyProof(readerOf(changed), size, all.length)
        expect(isConsistent(smaller, forged, forgedProof)).toBe(false)
        expect(isConsistent(smaller, forged, proof)).toBe(false)
      }),
      { numRuns: 150 },
    )
  })
})

test('tiles, however they were filled, hold the nodes of the tree', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
      async (batches) => {
        const leaves = Array.from({ length: batches.reduce((sum, count) => sum + count, 0) }, (_, index) =>
          Buffer.from(String(index)),
        )
        const tiles = new Map<string, Buffer>()
        const readTile = async (level: number, index: number) =>
          tiles.get(`${level}/${index}`) ?? Buffer.alloc(0)
        let size = 0
        for (const count of batches) {
          const added = leaves.slice(size, size + count).map(hashLeaf)
          for (const { level, index, hashes } of await appendToTiles(readTile, size, added))
            tiles.set(`${level}/${index}`, hashes)
          size += count
        }
        const root = await treeRoot(nodesFromTiles(readTile), size)
        expect(root.equals(bruteRoot(leaves))).toBe(true)
      },
    ),
    { numRuns: 30 },
  )
})

describe('a checkpoint', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const own = generateKeyPairSync('ed25519')
  const logKeyOf = (epoch: number, root = privateKey) => ({
    privateKey: own.privateKey,
    delegation: delegateLogKey(root, { epoch, publicKey: own.publicKey }),
  })
  const stranger = generateKeyPairSync('ed25519')
  const checkpoint: Checkpoint = {
    origin: 'registry.example/log',
    size: 12,
    root: hashLeaf(Buffer.from('x')),
  }
  const note = signCheckpoint(checkpoint, privateKey, logKeyOf(3))

  test('is a note that anybody with the key can open, and nobody can change', () => {
    expect(openCheckpoint(note, checkpoint.origin, publicKey)).toEqual({ ...checkpoint, keyEpoch: 3 })
    expect(openCheckpoint(note, 'another.example/log', publicKey)).toBeUndefined()
    expect(openCheckpoint(note, checkpoint.origin, stranger.publicKey)).toBeUndefined()
    fc.assert(
      fc.property(
        fc.nat(checkpointBody(checkpoint).length - 2),
        fc.constantFrom('0', '7', 'A', '\n'),
        (at, other) => {
          fc.pre(note[at] !== other)
          const changed = `${note.slice(0, at)}${other}${note.slice(at + 1)}`
          expect(openCheckpoint(changed, checkpoint.origin, publicKey)).toBeUndefined()
        },
      ),
    )
  })

  test('counts under a key that the root vouches for, in any epoch but none other', () => {
    const later = signCheckpoint(checkpoint, privateKey, logKeyOf(200))
    expect(openCheckpoint(later, checkpoint.origin, publicKey)?.keyEpoch).toBe(200)
    // Another root's word counts for nothing, nor does that for another key, nor none.
    const foreign = signCheckpoint(checkpoint, stranger.privateKey, logKeyOf(3, stranger.privateKey))
    expect(openCheckpoint(foreign, checkpoint.origin, publicKey)).toBeUndefined()
    const swapped = { privateKey: stranger.privateKey, delegation: logKeyOf(3).delegation }
    const notOwn = signCheckpoint(checkpoint, privateKey, swapped)
    expect(openCheckpoint(notOwn, checkpoint.origin, publicKey)).toBeUndefined()
    const [bare = ''] = note.split('\u2014 pcbs-log-key')
    expect(openCheckpoint(bare, checkpoint.origin, publicKey)).toBeUndefined()
  })

  test('is cosigned by witnesses, and stays openable under their lines', () => {
    const line = cosignCheckpoint(checkpoint, { name: 'telco-a', key: privateKey, atSeconds: 1_795_000_000 })
    expect(openCheckpoint(note + line, checkpoint.origin, publicKey)?.size).toBe(checkpoint.size)
    const witness = { name: 'telco-a', key: publicKey }
    expect(readCosignature(checkpoint, line, witness)).toBe(1_795_000_000)
    expect(readCosignature({ ...checkpoint, size: 13 }, line, witness)).toBeUndefined()
    expect(readCosignature(checkpoint, line, { ...witness, key: stranger.publicKey })).toBeUndefined()
    expect(readCosignature(checkpoint, line, { ...witness, name: 'telco-b' })).toBeUndefined()
  })
})

describe('an entry', () => {
  const fields = {
    case: '0f8fad5b-d9cb-469f-a165-70867728950e',
    event: 'block',
    from: 'verified',
    to: 'blocked',
    actor: 'officer:officer-1',
  }

  test('is read as it was written', () => {
    const text = encodeLogEntry('case-event', 1_795_000_000_000, fields)
    expect(decodeLogEntry(text)).toEqual({ type: 'case-event', at: '2026-11-18T11:06:40.000Z', fields })
    expect(decodeLogEntry(`${text}note anything\n`)).toBeUndefined()
  })

  test('takes no number, IMSI, identity document, name or address in any field', () => {
    const digits = fc.stringMatching(/^\d{7,16}$/)
    const personal = fc.oneof(
      digits,
      digits.map((text) => `+${text}`),
      digits.map((text) => `telco:a${text}`),
      digits.map((text) => `officer:${text}`),
      fc.constantFrom(
        '900101-14-5678',
        'Aminah binti Ahmad',
        '12 Jalan Ampang',
        'A12345678',
        'aminah@example.my',
      ),
    )
    fc.assert(
      fc.property(
        personal,
        fc.constantFrom(...(Object.keys(fields) as (keyof typeof fields)[])),
        (value, field) => {
          expect(() => encodeLogEntry('case-event', 0, { ...fields, [field]: value })).toThrow(TypeError)
        },
      ),
    )
  })
})
