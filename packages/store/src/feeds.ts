import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database, FeedPartSummary, StoredBreach, StoredFeedCounts } from './schema.ts'

/** Which series a feed belongs to. */
export type FeedKind = 'subscribers' | 'pairings'

/** Names one feed of one telco. */
export interface FeedName {
  readonly telcoId: number
  readonly kind: FeedKind
  readonly number: number
}

/** A feed as stored. While it is open, parts and counts are those received so far. */
export interface StoredFeed extends FeedName {
  readonly mode: 'snapshot' | 'delta'
  readonly state: 'open' | 'applied' | 'quarantined' | 'refused'
  readonly periodFrom: string
  readonly periodTo: string
  readonly policyVersion: number
  /** Generation of the keys that its tokens are made with. */
  readonly tokenEpoch: number
  readonly openedAt: Date
  readonly closedAt: Date | undefined
  readonly parts: readonly FeedPartSummary[]
  readonly rowsIn: number
  readonly accepted: number
  readonly rejected: number
  readonly rejectsByCode: Readonly<Record<string, number>>
  /** Empty until the feed is judged; a feed that was judged before a count was introduced lacks that one. */
  readonly counts: Partial<StoredFeedCounts>
  readonly breaches: readonly StoredBreach[]
  /** Hash of the manifest it was committed under, hex. */
  readonly manifestHash: string | undefined
  /** The registry's signed word on it, once it was judged; its form is the API's. */
  readonly receipt: object | undefined
}

/** What opening a feed needs. */
export type NewFeed = Pick<
  StoredFeed,
  'kind' | 'mode' | 'periodFrom' | 'periodTo' | 'policyVersion' | 'tokenEpoch' | 'openedAt'
>

/** A row that was rejected, without its value. */
export interface StoredReject {
  readonly part: number
  readonly line: number
  readonly field: string
  readonly code: string
}

/** Work of the ingest role for one telco: its rows alone are visible inside. */
export function asTelco<Value>(
  ingest: Kysely<Database>,
  telcoId: number,
  work: (tx: Transaction<Database>) => Promise<Value>,
): Promise<Value> {
  return ingest.transaction().execute(async (tx) => {
    await sql`SELECT set_config('pcbs.telco_id', ${String(telcoId)}, true)`.execute(tx)
    return work(tx)
  })
}

/** Opens the next feed of a series, with its staging table. The caller has seen that none is under way. */
export async function insertFeed(
  tx: Transaction<Database>,
  telcoId: number,
  feed: NewFeed,
): Promise<FeedName> {
  const { number } = await tx
    .selectFrom('feed')
    .select(sql<number>`coalesce(max(number), 0) + 1`.as('number'))
    .where('telco_id', '=', telcoId)
    .where('kind', '=', feed.kind)
    .executeTakeFirstOrThrow()
  await tx
    .insertInto('feed')
    .values({
      telco_id: telcoId,
      kind: feed.kind,
      number,
      mode: feed.mode,
      period_from: feed.periodFrom,
      period_to: feed.periodTo,
      policy_version: feed.policyVersion,
      token_epoch: feed.tokenEpoch,
      opened_at: feed.openedAt,
      parts: '[]',
      rows_in: 0,
      accepted: 0,
      rejected: 0,
      rejects_by_code: '{}',
      counts: '{}',
      breaches: '[]',
    })
    .execute()
  await sql`SELECT open_staging(${feed.kind}, ${number})`.execute(tx)
  return { telcoId, kind: feed.kind, number }
}

/** The feed of a series that is open or quarantined. */
export async function findFeedUnderWay(
  db: Kysely<Database>,
  telcoId: number,
  kind: FeedKind,
): Promise<StoredFeed | undefined> {
  const row = await db
    .selectFrom('feed')
    .selectAll()
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('state', 'in', ['open', 'quarantined'])
    .executeTakeFirst()
  return row && withPartsReceived(db, toFeed(row))
}

/** Finds a feed. */
export async function findFeed(db: Kysely<Database>, name: FeedName): Promise<StoredFeed | undefined> {
  const row = await findFeedRow(db, name)
  return row && withPartsReceived(db, toFeed(row))
}

function findFeedRow(
  db: Kysely<Database>,
  { telcoId, kind, number }: FeedName,
): Promise<Selectable<Database['feed']> | undefined> {
  return db
    .selectFrom('feed')
    .selectAll()
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('number', '=', number)
    .executeTakeFirst()
}

/** What a part is taken in under. */
export interface FeedTerms {
  readonly feed: Omit<StoredFeed, 'parts' | 'rowsIn' | 'accepted' | 'rejected'>
  /** The part, where it arrived before. */
  readonly part: FeedPartSummary | undefined
}

/** Finds a feed for one of its parts: the others, of which there may be thousands, are not looked at. */
export async function findFeedTerms(
  db: Kysely<Database>,
  name: FeedName & { readonly part: number },
): Promise<FeedTerms | undefined> {
  const row = await findFeedRow(db, name)
  if (!row) return undefined
  const { telcoId, kind, number, part } = name
  const arrived = await db
    .selectFrom('feed_part')
    .selectAll()
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('number', '=', number)
    .where('part', '=', part)
    .executeTakeFirst()
  // Of a feed that was closed the row itself tells.
  return { feed: toFeed(row), part: arrived ? toPart(arrived) : row.parts.find((each) => each.part === part) }
}

/** Finds a feed and locks it: one part or commit at a time decides over it. */
export async function lockFeed(tx: Transaction<Database>, name: FeedName): Promise<StoredFeed | undefined> {
  await tx
    .selectFrom('feed')
    .select('number')
    .where('telco_id', '=', name.telcoId)
    .where('kind', '=', name.kind)
    .where('number', '=', name.number)
    .forUpdate()
    .execute()
  return findFeed(tx, name)
}

/** Feeds, newest first. */
export async function listFeeds(
  db: Kysely<Database>,
  filter: {
    readonly telcoId: number | undefined
    readonly kind: FeedKind | undefined
    readonly state: StoredFeed['state'] | undefined
    readonly limit: number
  },
): Promise<readonly StoredFeed[]> {
  let query = db.selectFrom('feed').selectAll().orderBy('opened_at', 'desc').limit(filter.limit)
  if (filter.telcoId !== undefined) query = query.where('telco_id', '=', filter.telcoId)
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  const rows = await query.execute()
  return Promise.all(rows.map((row) => withPartsReceived(db, toFeed(row))))
}

/** Writes what a decision made of a feed. */
export async function closeFeed(tx: Transaction<Database>, feed: StoredFeed): Promise<void> {
  await tx
    .updateTable('feed')
    .set({
      state: feed.state,
      closed_at: feed.closedAt ?? null,
      parts: JSON.stringify(feed.parts),
      rows_in: feed.rowsIn,
      accepted: feed.accepted,
      rejected: feed.rejected,
      rejects_by_code: JSON.stringify(feed.rejectsByCode),
      counts: JSON.stringify(feed.counts),
      breaches: JSON.stringify(feed.breaches),
      manifest_hash: feed.manifestHash ?? null,
      receipt: feed.receipt ? JSON.stringify(feed.receipt) : null,
    })
    .where('telco_id', '=', feed.telcoId)
    .where('kind', '=', feed.kind)
    .where('number', '=', feed.number)
    .execute()
}

/** Rejected rows of a feed after a place in it, in order. */
export async function listRejects(
  db: Kysely<Database>,
  { telcoId, kind, number }: FeedName,
  page: { readonly part: number; readonly line: number; readonly limit: number },
): Promise<readonly StoredReject[]> {
  return db
    .selectFrom('feed_reject')
    .select(['part', 'line', 'field', 'code'])
    .where('telco_id', '=', telcoId)
    .where('kind', '=', kind)
    .where('number', '=', number)
    .where(sql<boolean>`(part, line) > (${page.part}, ${page.line})`)
    .orderBy('part')
    .orderBy('line')
    .limit(page.limit)
    .execute()
}

async function withPartsReceived(db: Kysely<Database>, feed: StoredFeed): Promise<StoredFeed> {
  if (feed.state !== 'open') return feed
  const rows = await db
    .selectFrom('feed_part')
    .selectAll()
    .where('telco_id', '=', feed.telcoId)
    .where('kind', '=', feed.kind)
    .where('number', '=', feed.number)
    .orderBy('part')
    .execute()
  const parts = rows.map(toPart)
  const sum = (count: (part: FeedPartSummary) => number) =>
    parts.reduce((total, part) => total + count(part), 0)
  return {
    ...feed,
    parts,
    rowsIn: sum((p) => p.rowsIn),
    accepted: sum((p) => p.accepted),
    rejected: sum((p) => p.rejected),
  }
}

function toPart(row: Selectable<Database['feed_part']>): FeedPartSummary {
  return {
    part: row.part,
    digest: row.digest.toString('hex'),
    rowsIn: row.rows_in,
    accepted: row.accepted,
    rejected: row.rejected,
  }
}

function toFeed(row: Selectable<Database['feed']>): StoredFeed {
  return {
    telcoId: row.telco_id,
    kind: row.kind,
    number: row.number,
    mode: row.mode,
    state: row.state,
    periodFrom: row.period_from,
    periodTo: row.period_to,
    policyVersion: row.policy_version,
    tokenEpoch: row.token_epoch,
    openedAt: row.opened_at,
    closedAt: row.closed_at ?? undefined,
    parts: row.parts,
    rowsIn: Number(row.rows_in),
    accepted: Number(row.accepted),
    rejected: Number(row.rejected),
    rejectsByCode: row.rejects_by_code,
    counts: row.counts,
    breaches: row.breaches,
    manifestHash: row.manifest_hash ?? undefined,
    receipt: row.receipt ?? undefined,
  }
}
