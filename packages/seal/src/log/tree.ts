import { createHash } from 'node:crypto'

/** SHA-256 of nothing: the root of an empty tree (RFC 9162 §2.1.1). */
export const emptyRoot: Buffer = createHash('sha256').digest()

/** The hash of an entry (RFC 9162 §2.1.1): no leaf can pass for a node. */
export function hashLeaf(entry: Uint8Array): Buffer {
  return createHash('sha256').update(leafPrefix).update(entry).digest()
}

/** The hash of two subtrees under one node. */
export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(nodePrefix).update(left).update(right).digest()
}

const leafPrefix = Buffer.from([0])
const nodePrefix = Buffer.from([1])

/**
 * Gives the hash of the complete subtree of this level, counted from the leaves (0), at this index among those of its
 * level: the leaves `index · 2^level` up to the next.
 */
export type ReadNode = (level: number, index: number) => Promise<Buffer>

/** The root of the first `size` leaves. */
export function treeRoot(readNode: ReadNode, size: number): Promise<Buffer> {
  return size === 0 ? Promise.resolve(emptyRoot) : rangeHash(readNode, 0, size)
}

/** The hashes that prove a leaf to be in the tree of this size (RFC 9162 §2.1.3.1), from the leaf upwards. */
export async function inclusionProof(readNode: ReadNode, index: number, size: number): Promise<Buffer[]> {
  const proof: Buffer[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from)
    if (index < middle) {
      proof.push(await rangeHash(readNode, middle, to))
      to = middle
    } else {
      proof.push(await rangeHash(readNode, from, middle))
      from = middle
    }
  }
  return proof.reverse()
}

/** The hashes that prove a smaller tree to be the beginning of a larger one (RFC 9162 §2.1.4.1). */
export async function consistencyProof(
  readNode: ReadNode,
  smaller: number,
  larger: number,
): Promise<Buffer[]> {
  if (smaller === 0 || smaller === larger) return []
  const proof: Buffer[] = []
  let [from, to, isWhole] = [0, larger, true]
  while (smaller < to) {
    const middle = from + largestPowerBelow(to - from)
    if (smaller <= middle) {
      proof.push(await rangeHash(readNode, middle, to))
      to = middle
    } else {
      proof.push(await rangeHash(readNode, from, middle))
      from = middle
      isWhole = false
    }
  }
  // The smaller tree's own root is known to whoever asks.
  if (!isWhole) proof.push(await rangeHash(readNode, from, to))
  return proof.reverse()
}

/** Whether the proof shows a leaf to be at this index of the tree with this root (RFC 9162 §2.1.3.2). */
export function isIncluded(
  leaf: { readonly hash: Uint8Array; readonly index: number },
  tree: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (leaf.index < 0 || leaf.index >= tree.size) return false
  let [first, last] = [leaf.index, tree.size - 1]
  let running: Uint8Array = leaf.hash
  for (const hash of proof) {
    if (last === 0) return false
    if (isOdd(first) || first === last) {
      running = hashNode(hash, running)
      while (!isOdd(first) && first !== 0) [first, last] = [half(first), half(last)]
    } else {
      running = hashNode(running, hash)
    }
    ;[first, last] = [half(first), half(last)]
  }
  return last === 0 && equals(running, tree.root)
}

/** Whether the proof shows one tree to be the beginning of the other (RFC 9162 §2.1.4.2). */
export function isConsistent(
  smaller: { readonly size: number; readonly root: Uint8Array },
  larger: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (smaller.size > larger.size) return false
  if (smaller.size === larger.size) return proof.length === 0 && equals(smaller.root, larger.root)
  if (smaller.size === 0) return proof.length === 0 && equals(smaller.root, emptyRoot)
  const path = isPowerOfTwo(smaller.size) ? [smaller.root, ...proof] : [...proof]
  const [seed, ...rest] = path
  if (!seed) return false
  let [first, last] = [smaller.size - 1, larger.size - 1]
  while (isOdd(first)) [first, last] = [half(first), half(last)]
  let [firstRoot, lastRoot]: [Uint8Array, Uint8Array] = [seed, seed]
  for (const hash of rest) {
    if (last === 0) return false
    if (isOdd(first) || first === last) {
      firstRoot = hashNode(hash, firstRoot)
      lastRoot = hashNode(hash, lastRoot)
      while (!isOdd(first) && first !== 0) [first, last] = [half(first), half(last)]
    } else {
      lastRoot = hashNode(lastRoot, hash)
    }
    ;[first, last] = [half(first), half(last)]
  }
  return last === 0 && equals(firstRoot, smaller.root) && equals(lastRoot, larger.root)
}

/** The hash over leaves from one place up to another, as the tree splits them. */
async function rangeHash(readNode: ReadNode, from: number, to: number): Promise<Buffer> {
  const size = to - from
  if (isPowerOfTwo(size)) return readNode(Math.log2(size), from / size)
  const middle = from + largestPowerBelow(size)
  return hashNode(await rangeHash(readNode, from, middle), await rangeHash(readNode, middle, to))
}

// Sizes pass 2^31, where JavaScript's bit operators end.
const isOdd = (value: number) => value % 2 === 1
const half = (value: number) => Math.floor(value / 2)

function isPowerOfTwo(value: number): boolean {
  return value > 0 && 2 ** Math.floor(Math.log2(value)) === value
}

/** The largest power of two that is smaller than the size; the size is at least 2. */
function largestPowerBelow(size: number): number {
  const power = 2 ** Math.floor(Math.log2(size))
  return power === size ? power / 2 : power
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
