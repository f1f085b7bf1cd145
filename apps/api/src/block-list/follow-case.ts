import { type DerivedEntry, deriveEntry, isSameEntry, type LetThrough } from '@pcbs/core'
import {
  listClaims,
  type RegistryTransaction,
  type StoredCase,
  type StoredEntry,
  type StoredException,
} from '@pcbs/store'
import type { Context } from '../context.ts'
import { changeList } from './change-list.ts'

/** A case whose phones the list is brought to follow. */
export interface Followed {
  readonly stored: StoredCase
  /** Whether the case blocks its phones now. Each block is said, so that edges acknowledge it by a sequence of its own. */
  readonly isNewBlock: boolean
}

/**
 * Brings the list to what the cases say that hold a case's phones now. The caller has locked the phones, so that no other
 * case joins or leaves meanwhile; a phone of which the list says that already is left alone.
 */
export async function followCase(
  context: Context,
  tx: RegistryTransaction,
  { stored, isNewBlock }: Followed,
): Promise<void> {
  const { id: caseId, imeis, reason, updatedAt: at } = stored
  const phones = imeis.map((token) => ({ token, imei: context.keys.openImei(token) }))
  const claims = await listClaims(tx, phones)
  const changes = phones.flatMap(({ imei }, place) => {
    const { holds = [], entry } = claims[place] ?? {}
    const derived = deriveEntry(holds)
    return isSaid(derived, entry) && !isNewBlock
      ? []
      : [{ status: 'PERMITTED' as const, reason, exceptions: [], ...derived, imei, caseId, at }]
  })
  await changeList(context, tx, changes)
}

/** Whether the list says of a phone what the cases do. */
function isSaid(derived: DerivedEntry | undefined, entry: StoredEntry | undefined): boolean {
  if (!entry || !derived) return entry === derived
  const { status, reason, exceptions } = entry
  // What was listed before reasons travelled with the list has none: it is said anew with one.
  return (
    reason !== undefined && isSameEntry(derived, { status, reason, exceptions: exceptions.map(asLetThrough) })
  )
}

/** A SIM of an entry that was written when there was but one generation of keys says none. */
function asLetThrough({ telcoId, imsi, epoch = 1 }: StoredException): LetThrough {
  return { telcoId, imsi, epoch }
}
