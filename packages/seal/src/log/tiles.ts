import { hashNode, type ReadNode } from './tree.ts'

/** Hashes in a full tile: of its level's nodes, those that lie under one node eight levels up (C2SP tlog-tiles). */
export const tileWidth = 256

const hashLength = 32
const tileHeight = 8

/** Some hashes of one level in a row, beginning at a multiple of {@link tileWidth}; the last of a level may be partial. */
export interface Tile {
  /** 0: leaves; 1: the nodes eight levels above them; and so on. */
  readonly level: number
  readonly index: number
  /** 32 bytes each. */
  readonly hashes: Buffer
}

/** Gives a tile's hashes as far as it is filled; nothing where there is none. */
export type ReadTile = (level: number, index: number) => Promise<Buffer>

/** The tiles that change when leaves are appended to a tree of this size. */
export async function appendToTiles(
  readTile: ReadTile,
  size: number,
  leaves: readonly Uint8Array[],
): Promise<readonly Tile[]> {
  const changed: Tile[] = []
  let [level, at, hashes] = [0, size, leaves]
  while (hashes.length > 0) {
    const full: Buffer[] = []
    const firstTile = Math.floor(at / tileWidth)
    for (let taken = 0; taken < hashes.length; ) {
      const index = Math.floor(at / tileWidth)
      const filled = at % tileWidth
      const before =
        filled > 0 ? (await readTile(level, index)).subarray(0, filled * hashLength) : Buffer.alloc(0)
      const added = hashes.slice(taken, taken + tileWidth - filled)
      const tile = { level, index, hashes: Buffer.concat([before, ...added]) }
      changed.push(tile)
      if (tile.hashes.length === tileWidth * hashLength) full.push(completeRoot(tile.hashes))
      taken += added.length
      at += added.length
    }
    ;[level, at, hashes] = [level + 1, firstTile, full]
  }
  return changed
}

/** Reads the tree's nodes from its tiles, each tile once. */
export function nodesFromTiles(readTile: ReadTile): ReadNode {
  const known = new Map<string, Promise<Buffer>>()
  const read = (level: number, index: number) => {
    const name = `${level}/${index}`
    const tile = known.get(name) ?? readTile(level, index)
    known.set(name, tile)
    return tile
  }
  return async (level, index) => {
    const tileLevel = Math.floor(level / tileHeight)
    const width = 2 ** (level % tileHeight)
    const first = index * width
    const tile = await read(tileLevel, Math.floor(first / tileWidth))
    const from = (first % tileWidth) * hashLength
    const hashes = tile.subarray(from, from + width * hashLength)
    if (hashes.length < width * hashLength) throw new RangeError('the log has no such node')
    return completeRoot(hashes)
  }
}

/** The node over a complete subtree's hashes, 32 bytes each: a power of two of them. */
export function completeRoot(hashes: Buffer): Buffer {
  let row: Buffer[] = []
  for (let at = 0; at < hashes.length; at += hashLength) row.push(hashes.subarray(at, at + hashLength))
  while (row.length > 1) {
    const above: Buffer[] = []
    for (let at = 0; at < row.length; at += 2) above.push(hashNode(row[at] as Buffer, row[at + 1] as Buffer))
    row = above
  }
  return row[0] as Buffer
}
