import type { BlockReason } from '@pcbs/core'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { type StoredTacs, tacColumns, toTac } from './block-list.ts'
import type { Database } from './schema.ts'

/** What an officer proposed of a range of models, and what became of it. */
export interface StoredTacRange {
  readonly id: string
  readonly tacs: StoredTacs
  readonly status: 'PERMITTED' | 'PROHIBITED' | 'TRACKING'
  readonly reason: BlockReason
  readonly proposedBy: string
  readonly proposedAt: Date
  readonly approval: { readonly by: string; readonly at: Date; readonly seq: number } | undefined
}

/** Keeps a proposal. */
export async function insertTacRange(
  tx: Transaction<Database>,
  { id, tacs, status, reason, proposedBy, proposedAt }: Omit<StoredTacRange, 'approval'>,
): Promise<void> {
  await tx
    .insertInto('tac_range')
    .values({
      id,
      ...tacColumns(tacs),
      status,
      reason,
      proposed_by: proposedBy,
      proposed_at: proposedAt,
    })
    .execute()
}

/** A proposal, locked until the transaction ends. */
export async function lockTacRange(
  tx: Transaction<Database>,
  id: string,
): Promise<StoredTacRange | undefined> {
  const row = await tx.selectFrom('tac_range').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row && toTacRange(row)
}

/** A proposal. */
export async function findTacRange(db: Kysely<Database>, id: string): Promise<StoredTacRange | undefined> {
  const row = await db.selectFrom('tac_range').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toTacRange(row)
}

/** The proposal whose approval made a change of the list. */
export async function findTacRangeOfChange(
  db: Kysely<Database>,
  seq: number,
): Promise<StoredTacRange | undefined> {
  const row = await db.selectFrom('tac_range').selectAll().where('seq', '=', String(seq)).executeTakeFirst()
  return row && toTacRange(row)
}

/** Writes down who approved a proposal, and its change on the list. */
export async function approveTacRange(
  tx: Transaction<Database>,
  id: string,
  { by, at, seq }: NonNullable<StoredTacRange['approval']>,
): Promise<void> {
  await tx
    .updateTable('tac_range')
    .set({ approved_by: by, approved_at: at, seq })
    .where('id', '=', id)
    .execute()
}

/** Every proposal, newest first. */
export async function listTacRanges(db: Kysely<Database>): Promise<readonly StoredTacRange[]> {
  const rows = await db
    .selectFrom('tac_range')
    .selectAll()
    .orderBy('proposed_at', 'desc')
    .limit(1000)
    .execute()
  return rows.map(toTacRange)
}

function toTacRange(row: Selectable<Database['tac_range']>): StoredTacRange {
  const { approved_by: by, approved_at: at, seq } = row
  return {
    id: row.id,
    tacs: { from: toTac(row.tac_from), to: toTac(row.tac_to) },
    status: row.status,
    reason: row.reason,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at,
    approval: by !== null && at !== null && seq !== null ? { by, at, seq: Number(seq) } : undefined,
  }
}
