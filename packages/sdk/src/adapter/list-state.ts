import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRange, type ListChange, type ListEntry, type ListException, type OpenSnapshot } from '@pcbs/seal'
import type { ListCopy } from '../block-list/follow.ts'
import type { ListPosition } from '../block-list/verify.ts'
import { remember } from '../remember.ts'
import type { ListUpdate, TelcoAdapter } from './define-adapter.ts'

/**
 * The block list as an adapter's own systems hold it. The kit remembers the position beside them, written
 * after they were updated: a crash in between sends the last update again.
 */
export async function openAdapterList(
  applyList: NonNullable<TelcoAdapter['applyList']>,
  stateFolder: string,
): Promise<ListCopy> {
  const path = join(stateFolder, 'block-list-position.json')
  let position = await readPosition(path)

  async function reach(reached: ListPosition): Promise<void> {
    await remember(path, JSON.stringify(reached))
    position = reached
  }

  return {
    folder: stateFolder,
    get position() {
      return position
    },
    async replace(snapshot, changes, reached) {
      const ranges = snapshot?.opened.ranges ?? []
      const entries = snapshot ? readEntries(snapshot.opened) : []
      const seq = snapshot?.position.seq ?? 0
      await applyList([{ type: 'replace', seq, entries, ranges }, ...changes.map(toUpdate)])
      if (snapshot) await rm(snapshot.path, { force: true })
      await reach(reached)
    },
    async apply(changes, reached) {
      await applyList(changes.map(toUpdate))
      await reach(reached)
    },
  }
}

function toUpdate({ seq, atMs: _, ...about }: ListChange): ListUpdate {
  return isRange(about) ? { type: 'range', seq, range: about } : { type: 'change', seq, entry: about }
}

/** A snapshot's phones as adapters take them; each time it is iterated from the first on. */
function readEntries(snapshot: OpenSnapshot): Iterable<ListEntry> {
  const exceptions = Map.groupBy(snapshot.exceptions, ({ imei }) => imei)
  return {
    *[Symbol.iterator]() {
      for (const reader = snapshot.readPhones(); reader.next(); ) {
        const imei = String(reader.imei).padStart(14, '0')
        const sims: readonly ListException[] = exceptions.get(imei) ?? []
        yield {
          ...reader.phone,
          imei,
          exceptions: sims.map(({ telcoId, imsiToken }) => ({ telcoId, imsiToken })),
        }
      }
    },
  }
}

async function readPosition(path: string): Promise<ListPosition | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ListPosition
  } catch {
    // None yet, or damaged: a snapshot starts over.
    return undefined
  }
}
