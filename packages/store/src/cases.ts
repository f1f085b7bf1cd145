import {
  type BlastRadius,
  type BlockReason,
  type CaseEvent,
  type CaseState,
  type LetThrough,
  listedStates,
} from '@pcbs/core'
import {
  type ExpressionBuilder,
  type Kysely,
  type RawBuilder,
  type Selectable,
  sql,
  type Transaction,
} from 'kysely'
import { exceptionsOfCase } from './case-holds.ts'
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
  /** SIMs let through on the case's phones while it holds them on the list, in order of telco and token. */
  readonly exceptions: readonly LetThrough[]
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
  /** All exceptions of the case, where the event set them. */
  readonly exceptions?: readonly LetThrough[] | undefined
}

/** Where a page of cases begins: after this case, in order of creation, newest first. */
export interface CasePage {
  readonly telcoId: number | undefined
  readonly state: CaseState | undefined
  readonly after: { readonly createdAt: Date; readonly id: string } | undefined
  readonly limit: number
}

/** What one transaction does to a case. */
export interface CaseWriting {
  readonly stored: StoredCase
  readonly isNew: boolean
  /** In their order; numbered on from what is there. */
  readonly events: readonly StoredCaseEvent[]
  /** What the transparency log is told of them, in their order. */
  readonly logged: readonly string[]
}

/**
 * Writes a case with its history: one statement, since others may wait for what the transaction holds. The caller has
 * locked the case's phones, and the case unless it is new.
 */
export async function writeCase(
  tx: Transaction<Database>,
  { stored, isNew, events, logged }: CaseWriting,
): Promise<void> {
  const exceptions = events.findLast(({ exceptions }) => exceptions)?.exceptions
  await sql`
    WITH written AS (${isNew ? insertion(tx, stored) : update(tx, stored)}),
      phones AS (
        INSERT INTO case_imei (case_id, imei)
        SELECT ${stored.id}::uuid, token(bytes) FROM unnest(${isNew ? stored.imeis : []}::bytea[]) AS bytes),
      happened AS (${history(stored.id, events)}),
      told AS (INSERT INTO log_pending (content) SELECT content FROM unnest(${logged}::text[]) WITH ORDINALITY
        AS line(content, place) ORDER BY place)
    SELECT 1`.execute(tx)
  if (exceptions) await replaceExceptions(tx, stored.id, exceptions)
}

function insertion(db: Kysely<Database>, stored: StoredCase) {
  return db.insertInto('block_case').values({
    id: stored.id,
    telco_id: stored.telcoId,
    reason: stored.reason,
    subscription: tokenValue(stored.subscription),
    owner_tag: stored.ownerTag,
    token_epoch: stored.tokenEpoch,
    created_at: stored.createdAt,
    ...mutableColumns(stored),
  })
}

function update(db: Kysely<Database>, stored: StoredCase) {
  return db.updateTable('block_case').set(mutableColumns(stored)).where('id', '=', stored.id)
}

function history(caseId: string, events: readonly StoredCaseEvent[]): RawBuilder<unknown> {
  const setExceptions = events.map(({ exceptions }) => (exceptions ? JSON.stringify(exceptions) : null))
  return sql`
    INSERT INTO case_event (case_id, number, event, from_state, to_state, actor, at, exceptions)
    SELECT ${caseId}::uuid, place + (SELECT coalesce(max(number), 0) FROM case_event WHERE case_id = ${caseId}),
      event, from_state, to_state, actor, at, exceptions::jsonb
    FROM unnest(${events.map(({ event }) => event)}::text[], ${events.map(({ from }) => from)}::text[],
      ${events.map(({ to }) => to)}::text[], ${events.map(({ actor }) => actor)}::text[],
      ${events.map(({ at }) => at)}::timestamptz[], ${setExceptions}::text[])
      WITH ORDINALITY AS added(event, from_state, to_state, actor, at, exceptions, place)`
}

/** Puts other exceptions in the place of a case's. */
async function replaceExceptions(
  tx: Transaction<Database>,
  caseId: string,
  exceptions: readonly LetThrough[],
): Promise<void> {
  await tx.deleteFrom('case_exception').where('case_id', '=', caseId).execute()
  if (exceptions.length === 0) return
  await sql`
    INSERT INTO case_exception (case_id, telco_id, imsi, token_epoch)
    SELECT ${caseId}::uuid, telco_id, token(imsi), epoch
    FROM unnest(${exceptions.map(({ telcoId }) => telcoId)}::smallint[],
      ${exceptions.map(({ imsi }) => Buffer.from(imsi, 'hex'))}::bytea[],
      ${exceptions.map(({ epoch }) => epoch)}::smallint[]) AS added(telco_id, imsi, epoch)`.execute(tx)
}

/** Finds a case. */
export async function findCase(db: Kysely<Database>, id: string): Promise<StoredCase | undefined> {
  const row = await selectCases(db).where('id', '=', id).executeTakeFirst()
  return row && toCase(row)
}

/**
 * Finds a case and locks it until the transaction ends: its phones first, in the order of their tokens, so that whoever
 * decides over a phone sees every other case that holds it as that case is.
 */
export async function lockCase(tx: Transaction<Database>, id: string): Promise<StoredCase | undefined> {
  // Which phones a case names never changes, so they can be read before they are locked.
  await lockPhones(tx, sql`SELECT imei FROM case_imei WHERE case_id = ${id}`)
  const row = await selectCases(tx).where('id', '=', id).forUpdate('block_case').executeTakeFirst()
  return row && toCase(row)
}

/** Locks the phones of a case that is about to be stored. */
export async function lockPhonesOf(
  tx: Transaction<Database>,
  { imeis }: Pick<StoredCase, 'imeis'>,
): Promise<void> {
  await lockPhones(tx, sql`SELECT token(bytes) AS imei FROM unnest(${imeis}::bytea[]) AS bytes`)
}

/** A phone's row is made where it has none, and locked where it has one, in one order for everybody: nobody waits in a circle. */
async function lockPhones(tx: Transaction<Database>, imeis: RawBuilder<unknown>): Promise<void> {
  await sql`
    INSERT INTO reported_phone (imei) SELECT imei FROM (${imeis}) AS named ORDER BY imei
    ON CONFLICT (imei) DO UPDATE SET imei = excluded.imei`.execute(tx)
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
    // Only writeCase writes these columns, from the same types.
    event: row.event as StoredCaseEvent['event'],
    from: row.from_state as StoredCaseEvent['from'],
    to: row.to_state,
    actor: row.actor,
    at: row.at,
    ...(row.exceptions && { exceptions: row.exceptions }),
  }))
}

/** Ids of cases on the list whose provisional time is over. */
export async function listLapsedCases(db: Kysely<Database>, now: Date): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('block_case')
    .select('id')
    .where('state', 'in', [...listedStates])
    .where('provisional_until', '<=', now)
    .orderBy('provisional_until')
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

/** Cases that hold one of these phones on the list, the one that blocked first before the others. */
export async function listCasesHolding(
  db: Kysely<Database>,
  imeis: readonly Uint8Array[],
): Promise<readonly StoredCase[]> {
  const rows = await selectCases(db)
    .where('state', 'in', [...listedStates])
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('case_imei')
          .select('imei')
          .whereRef('case_id', '=', 'block_case.id')
          .where('imei', 'in', tokenValues(imeis)),
      ),
    )
    .orderBy('blocked_at')
    .orderBy('id')
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
    .select(exceptionsOfCase.as('exceptions'))
}

function toCase(
  row: Selectable<Database['block_case']> & { imeis: string[] | null; exceptions: LetThrough[] },
): StoredCase {
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
    exceptions: row.exceptions,
    blockedAt: row.blocked_at ?? undefined,
    provisionalUntil: row.provisional_until ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  }
}
