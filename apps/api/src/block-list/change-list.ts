import { encodeLogEntry, nextHead } from '@pcbs/seal'
import {
  appendListChanges,
  lockListHead,
  type RegistryTransaction,
  type StoredChange,
  type StoredPhoneChange,
  type StoredRangeChange,
} from '@pcbs/store'
import type { Context } from '../context.ts'
import { wireChange } from './wire.ts'

/** Writes changes of phones, each of another one, and tells the transparency log. */
export async function changeList(
  context: Context,
  tx: RegistryTransaction,
  changes: readonly Unplaced<StoredPhoneChange>[],
): Promise<void> {
  await append<StoredPhoneChange>(context, tx, changes, ({ seq, caseId, status, at }) => [
    encodeLogEntry('list-change', at.getTime(), {
      sequence: `#${seq}`,
      case: caseId,
      status: status.toLowerCase(),
    }),
  ])
}

/** Writes a change of a range of models, of which its approval tells the log; gives its sequence number. */
export async function changeRange(
  context: Context,
  tx: RegistryTransaction,
  change: Unplaced<StoredRangeChange>,
): Promise<number> {
  const [{ seq } = { seq: 0 }] = await append<StoredRangeChange>(context, tx, [change], () => [])
  return seq
}

/** A change that has no place in the history yet. */
type Unplaced<Change extends StoredChange> = Omit<Change, 'seq' | 'head'>

/** Gives each change the next sequence number and the head that fixes it. */
async function append<Change extends StoredPhoneChange | StoredRangeChange>(
  context: Context,
  tx: RegistryTransaction,
  changes: readonly Unplaced<Change>[],
  tell: (change: Change) => readonly string[],
): Promise<readonly Change[]> {
  if (changes.length === 0) return []
  let { seq, head } = await lockListHead(tx)
  const placed = changes.map((change) => {
    seq += 1
    // What was left out of it is put in here.
    const next = { ...change, seq, head } as unknown as Change
    head = nextHead(head, wireChange(context, next))
    return { ...next, head }
  })
  await appendListChanges(tx, placed, placed.flatMap(tell))
  return placed
}
