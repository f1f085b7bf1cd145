import { type Checkpoint, completeRoot, isIncluded, treeRoot } from '@pcbs/seal'
import { expectAnswer, type RegistryClient } from '../client/client.ts'

/** Entries that are looked at together: a complete subtree of 16 levels, but for the last. */
const windowLevels = 16
export const windowEntries = 2 ** windowLevels

/** How many windows a log of this size has. */
export function countWindows(size: number): number {
  return Math.ceil(size / windowEntries)
}

/**
 * Whether the entries of one window are still those under the checkpoint. The registry hashes them as they are at this
 * moment, so that an entry that was edited, removed or moved behind the tree's back shows.
 */
export async function isWindowIntact(
  client: RegistryClient,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
  window: number,
): Promise<boolean> {
  const from = window * windowEntries
  const count = Math.min(windowEntries, size - from)
  const query = { from, limit: count, size }
  const answer = expectAnswer(await client.GET('/v1/log/leaves', { params: { query } }))
  const leaves = Buffer.from(answer.leaves, 'base64')
  if (leaves.length !== count * hashLength) return false
  const readNode = async (level: number, index: number) => {
    const width = 2 ** level * hashLength
    return completeRoot(leaves.subarray(index * width, (index + 1) * width))
  }
  const subtree = await treeRoot(readNode, count)
  // The first entry's proof begins inside the window; what comes after is the window's own way to the root.
  const outside = answer.hashes.slice(Math.ceil(Math.log2(count))).map((hash) => Buffer.from(hash, 'base64'))
  return isIncluded({ hash: subtree, index: window }, { size: countWindows(size), root }, outside)
}

const hashLength = 32
