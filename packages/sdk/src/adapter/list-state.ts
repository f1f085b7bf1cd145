import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ListCopy } from '../block-list/follow.ts'
import type { ListPosition } from '../block-list/verify.ts'
import { remember } from '../remember.ts'
import type { TelcoAdapter } from './define-adapter.ts'

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
    get position() {
      return position
    },
    async replace(entries, reached) {
      await applyList([{ type: 'replace', seq: reached.seq, entries }])
      await reach(reached)
    },
    async apply(changes, reached) {
      await applyList(
        changes.map(({ seq, imei, status, exceptions }) => ({
          type: 'change',
          seq,
          entry: { imei, status, exceptions },
        })),
      )
      await reach(reached)
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
