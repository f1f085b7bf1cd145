import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'
import { tokenValue } from './token-values.ts'

/** An opening of a sealed record, from the first officer's request on. */
export interface StoredOpening {
  readonly id: string
  readonly caseId: string
  readonly requester: string
  readonly purpose: string
  readonly request: StoredStatement
  readonly requestedAt: Date
  readonly approval: (StoredStatement & { readonly approver: string; readonly at: Date }) | undefined
  /** The log's entry, once it was written. */
  readonly entry: string | undefined
  readonly openedAt: Date | undefined
}

/** A text and the signature of the officer who wrote it. */
export interface StoredStatement {
  readonly text: string
  readonly signature: string
}

/** What a policy has sealed of a subscription, or `undefined` where it has nothing. */
export async function findSealedRecord(
  db: Kysely<Database>,
  telcoId: number,
  subscription: Uint8Array,
): Promise<Buffer | undefined> {
  const { rows } = await sql<{ sealed: Buffer | null }>`
    SELECT sealed_record(${telcoId}::smallint, ${tokenValue(subscription)}) AS sealed`.execute(db)
  return rows[0]?.sealed ?? undefined
}

/** Forgets what was sealed of a subscription of the telco that this transaction works for. */
export async function eraseSealedRecord(tx: Transaction<Database>, subscription: Uint8Array): Promise<void> {
  await sql`SELECT erase_sealed_record(${tokenValue(subscription)})`.execute(tx)
}

/** Keeps a request. */
export async function insertOpening(
  tx: Transaction<Database>,
  opening: Omit<StoredOpening, 'approval' | 'entry' | 'openedAt'>,
): Promise<void> {
  const { id, caseId, requester, purpose, request, requestedAt } = opening
  await tx
    .insertInto('opening')
    .values({
      id,
      case_id: caseId,
      requester,
      purpose,
      request: request.text,
      request_signature: request.signature,
      requested_at: requestedAt,
    })
    .execute()
}

/** Finds an opening. */
export async function findOpening(db: Kysely<Database>, id: string): Promise<StoredOpening | undefined> {
  const row = await db.selectFrom('opening').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toOpening(row)
}

/** Finds an opening and locks it. */
export async function lockOpening(tx: Transaction<Database>, id: string): Promise<StoredOpening | undefined> {
  const row = await tx.selectFrom('opening').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row && toOpening(row)
}

/** Openings, newest first. */
export async function listOpenings(db: Kysely<Database>, limit: number): Promise<readonly StoredOpening[]> {
  const rows = await db
    .selectFrom('opening')
    .selectAll()
    .orderBy('requested_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toOpening)
}

/** Keeps another officer's approval. */
export async function approveOpening(
  tx: Transaction<Database>,
  id: string,
  { text, signature, approver, at }: NonNullable<StoredOpening['approval']>,
): Promise<void> {
  await tx
    .updateTable('opening')
    .set({ approval: text, approval_signature: signature, approver, approved_at: at })
    .where('id', '=', id)
    .execute()
}

/** Remembers the log's entry of an opening. */
export async function markOpened(
  tx: Transaction<Database>,
  id: string,
  { entry, at }: { readonly entry: string; readonly at: Date },
): Promise<void> {
  await tx.updateTable('opening').set({ entry, opened_at: at }).where('id', '=', id).execute()
}

function toOpening(row: Selectable<Database['opening']>): StoredOpening {
  const { approver, approval, approval_signature: signature, approved_at: at } = row
  const isApproved = approver !== null && approval !== null && signature !== null && at !== null
  return {
    id: row.id,
    caseId: row.case_id,
    requester: row.requester,
    purpose: row.purpose,
    request: { text: row.request, signature: row.request_signature },
    requestedAt: row.requested_at,
    approval: isApproved ? { approver, text: approval, signature, at } : undefined,
    entry: row.entry ?? undefined,
    openedAt: row.opened_at ?? undefined,
  }
}
