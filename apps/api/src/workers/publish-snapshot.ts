import { makeSnapshot } from '@pcbs/store'
import { writeSnapshot } from '../block-list/write-snapshot.ts'
import type { Context } from '../context.ts'

const dayMs = 24 * 60 * 60 * 1000

/** Makes a snapshot of the list where enough has changed, or anything in a day. Gives the sequence of a new one. */
export async function publishSnapshot(context: Context): Promise<number | undefined> {
  const now = context.now()
  const due = { changes: context.config.snapshotChanges, before: new Date(now.getTime() - dayMs), now }
  return makeSnapshot(context.db, due, (source) => writeSnapshot(context, source))
}
