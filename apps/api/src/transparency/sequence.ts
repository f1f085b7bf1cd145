import { appendToTiles, hashLeaf } from '@pcbs/seal'
import {
  insertLogEntries,
  lockLog,
  type RegistryDb,
  readLogTile,
  takePendingEntries,
  writeLogTiles,
} from '@pcbs/store'

/** Entries that are put into order in one transaction. */
const batchEntries = 5000

/** Puts what was written down into the log's order. Gives how many entries there were. */
export async function sequenceLog(db: RegistryDb): Promise<number> {
  let sequenced = 0
  for (;;) {
    const count = await db.transaction().execute(async (tx) => {
      const size = await lockLog(tx)
      const contents = await takePendingEntries(tx, batchEntries)
      if (contents.length === 0) return 0
      await insertLogEntries(tx, size, contents)
      const leaves = contents.map((content) => hashLeaf(Buffer.from(content)))
      const tiles = await appendToTiles((level, index) => readLogTile(tx, level, index), size, leaves)
      await writeLogTiles(tx, tiles)
      return contents.length
    })
    sequenced += count
    if (count < batchEntries) return sequenced
  }
}
