import type { Imei14 } from '@pcbs/core'
import { type ListStatus, nextHead } from '@pcbs/seal'
import {
  appendListChanges,
  lockListHead,
  type RegistryTransaction,
  type StoredChange,
  type StoredException,
} from '@pcbs/store'
import type { Context } from '../context.ts'
import { record } from '../transparency/record.ts'
import { wireChange } from './wire.ts'

/** What a case does to the list. */
export interface ListUpdate {
  readonly caseId: string
  readonly imeis: readonly Imei14[]
  readonly status: ListStatus
  readonly exceptions: readonly StoredException[]
  readonly at: Date
}

/** Writes a case's changes, each with the next sequence number and the head that fixes it. */
export async function changeList(
  context: Context,
  tx: RegistryTransaction,
  { caseId, imeis, status, exceptions, at }: ListUpdate,
): Promise<void> {
  if (imeis.length === 0) return
  let { seq, head } = await lockListHead(tx)
  const changes: StoredChange[] = []
  for (const imei of imeis) {
    seq += 1
    const change = { seq, imei, status, exceptions, at, caseId, head }
    head = nextHead(head, wireChange(context, change))
    changes.push({ ...change, head })
    await record(context, tx, 'list-change', {
      sequence: `#${seq}`,
      case: caseId,
      status: status.toLowerCase(),
    })
  }
  await appendListChanges(tx, changes)
}
