import type { BlastRadius, BlockReason, CaseEvent, CaseState } from '@pcbs/core'
import { type ExpressionBuilder, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'
import { tokenBytes, tokenValue, tokenValues } from './token-values.ts'

/** A case as stored: phones and claimant are second-layer tokens. */
export interface StoredCase {
  readonly id: string
  readonly telcoId: number
  readonly state: CaseState
  readonly reason: BlockReason
  readonly imeis: readonly Buffer[]
  readonly subscription: Buffer
  /** Generation of the keys that the subscription's token was made with. */
  readonly tokenEpoch: number
  readonly ownerTag: number
  readonly policeReport: string | undefined
  readonly arePapersAccepted: boolean
  readonly areClonesAccepted: boolean
  readonly review: readonly string[]
  readonly blastRadius: BlastRadius
  readonly blockedAt: Date | undefined
  readonly provisionalUntil: Date | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly version: number
}

/** One thing that happened to a case. */
export interface StoredCaseEvent {
  readonly event: CaseEvent | 'report' | 'attach_police_report'
  readonly from: CaseState | 'none'
  readonly to: CaseState
  /** `telco:<code>`, `officer:<id>` or `system`. */
  readonly actor: string
  readonly at: Date
}

/** Where a page of cases begins: after this case, in order of creation, newest first. */
export interface CasePage {
  readonly telcoId: number | undefined
  readonly state: CaseState | undefined
  readonly after: { readonly createdAt: Date; readonly id: string } | undefined
  readonly limit: number
}

/** Stores a new case. */
export async function insertCase(tx: Transaction<Database>, stored: StoredCase): Promise<void> {
  await tx
    .insertInto('block_case')
    .values({
      id: stored.id,
      telco_id: stored.telcoId,
      reason: stored.reason,
      subscription: tokenValue(stored.subscription),
      owner_tag: stored.ownerTag,
      token_epoch: stored.tokenEpoch,
      created_at: stored.createdAt,
      ...mutableColumns(stored),
    })
    .execute()
  await tx
    .insertInto('case_imei')
    .columns(['case_id', 'imei'])
    .expression(sql`SELECT ${stored.id}::uuid, token(bytes) FROM unnest(${stored.imeis}::bytea[]) AS bytes`)
    .execute()
}

/** Writes what may change of a case; the caller holds its lock. */
export async function updateCase(tx: Transaction<Database>, stored: StoredCase): Promise<void> {
  await tx.updateTable('block_case').set(mutableColumns(stored)).where('id', '=', stored.id).execute()
}

/** Appends events to a case's history, numbered on from what is there. */
export async function appendCaseEvents(
  tx: Transaction<Database>,
  caseId: string,
  events: readonly StoredCaseEvent[],
): Promise<void> {
  const { next } = await tx
    .selectFrom('case_event')
    .select(sql<number>`coalesce(max(number), 0) + 1`.as('next'))
    .where('case_id', '=', caseId)
    .executeTakeFirstOrThrow()
  const rows = events.map(({ event, from, to, actor, at }, index) => ({
    case_id: caseId,
    number: next + index,
    event,
    from_state: from,
    to_state: to,
    actor,
    at,
  }))
  if (rows.length > 0) await tx.insertInto('case_event').values(rows).execute()
}

/** Finds a case. */
export async function findCase(db: Kysely<Database>, id: string): Promise<StoredCase | undefined> {
  const row = await selectCases(db).where('id', '=', id).executeTakeFirst()
  return row && toCase(row)
}

/** Finds a case and locks it until the transaction ends. */
export async function lockCase(tx: Transaction<Database>, id: string): Promise<StoredCase | undefined> {
  const row = await selectCases(tx).where('id', '=', id).forUpdate('block_case').executeTakeFirst()
  return row && toCase(row)
}

/** A page of cases, newest first. */
export async function listCases(
  db: Kysely<Database>,
  { telcoId, state, after, limit }: CasePage,
): Promise<readonly StoredCase[]> {
  let query = selectCases(db).orderBy('created_at', 'desc').orderBy('id').limit(limit)
  if (telcoId !== undefined) query = query.where('telco_id', '=', telcoId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (after !== undefined) {
    query = query.where(({ eb, or, and }) =>
      or([
        eb('created_at', '<', after.createdAt),
        and([eb('created_at', '=', after.createdAt), eb('id', '>', after.id)]),
      ]),
    )
  }
  return (await query.execute()).map(toCase)
}

/** A case's history, oldest first. */
export async function listCaseEvents(
  db: Kysely<Database>,
  caseId: string,
): Promise<readonly StoredCaseEvent[]> {
  const rows = await db
    .selectFrom('case_event')
    .selectAll()
    .where('case_id', '=', caseId)
    .orderBy('number')
    .execute()
  return rows.map((row) => ({
    // Only appendCaseEvents writes these columns, from the same types.
    event: row.event as StoredCaseEvent['event'],
    from: row.from_state as StoredCaseEvent['from'],
    to: row.to_state,
    actor: row.actor,
    at: row.at,
  }))
}

/** Ids of blocked cases whose provisional time is over. */
export async function listLapsedCases(db: Kysely<Database>, now: Date): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('block_case')
    .select('id')
    .where('state', '=', 'blocked')
    .where('provisional_until', '<=', now)
    .limit(1000)
    .execute()
  return rows.map(({ id }) => id)
}

/** Ids of the cases that a subscription was the claimant of, by its tokens' stored forms. */
export async function listCasesOfSubscription(
  db: Kysely<Database>,
  telcoId: number,
  tokens: readonly Uint8Array[],
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('block_case')
    .select('id')
    .where('telco_id', '=', telcoId)
    .where('subscription', 'in', tokens.map(tokenValue))
    .execute()
  return rows.map(({ id }) => id)
}

/** How many blocks a telco has made since a moment. */
export async function countBlocksSince(db: Kysely<Database>, telcoId: number, since: Date): Promise<number> {
  const { count } = await db
    .selectFrom('block_case')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('telco_id', '=', telcoId)
    .where('blocked_at', '>=', since)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Cases other than this one that keep one of these phones on the list. */
export async function listCasesHolding(
  db: Kysely<Database>,
  imeis: readonly Uint8Array[],
  exceptCaseId: string | null,
): Promise<readonly StoredCase[]> {
  const rows = await selectCases(db)
    .where('state', 'in', ['blocked', 'release_requested', 'disputed'])
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('case_imei')
          .select('imei')
          .whereRef('case_id', '=', 'block_case.id')
          .where('imei', 'in', tokenValues(imeis)),
      ),
    )
    .$if(exceptCaseId !== null, (query) => query.where('id', '!=', exceptCaseId))
    .orderBy('blocked_at')
    .execute()
  return rows.map(toCase)
}

function mutableColumns(stored: StoredCase) {
  return {
    state: stored.state,
    police_report: stored.policeReport ?? null,
    are_papers_accepted: stored.arePapersAccepted,
    are_clones_accepted: stored.areClonesAccepted,
    review: [...stored.review],
    subscriptions: stored.blastRadius.subscriptions,
    subscriptions_per_imei: stored.blastRadius.subscriptionsPerImei,
    blocked_at: stored.blockedAt ?? null,
    provisional_until: stored.provisionalUntil ?? null,
    updated_at: stored.updatedAt,
    version: stored.version,
  }
}

function selectCases(db: Kysely<Database>) {
  return db
    .selectFrom('block_case')
    .selectAll('block_case')
    .select((eb: ExpressionBuilder<Database, 'block_case'>) =>
      eb
        .selectFrom('case_imei')
        .select(sql<string[]>`array_agg(imei::text ORDER BY imei)`.as('imeis'))
        .whereRef('case_id', '=', 'block_case.id')
        .as('imeis'),
    )
}

function toCase(row: Selectable<Database['block_case']> & { imeis: string[] | null }): StoredCase {
  return {
    id: row.id,
    telcoId: row.telco_id,
    state: row.state,
    reason: row.reason,
    imeis: (row.imeis ?? []).map(tokenBytes),
    subscription: tokenBytes(row.subscription),
    ownerTag: row.owner_tag,
    tokenEpoch: row.token_epoch,
    policeReport: row.police_report ?? undefined,
    arePapersAccepted: row.are_papers_accepted,
    areClonesAccepted: row.are_clones_accepted,
    review: row.review,
    blastRadius: { subscriptions: row.subscriptions, subscriptionsPerImei: row.subscriptions_per_imei },
    blockedAt: row.blocked_at ?? undefined,
    provisionalUntil: row.provisional_until ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  }
}
