import type { BlockReason, CaseState, LetThrough } from '@pcbs/core'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'

/** A moment: `timestamptz`, read as a Date. */
type Moment = ColumnType<Date, Date, Date>
/** A 64-bit integer: read as text by the driver, narrowed by the queries. */
type BigCount = ColumnType<string, number, number>
/** A token: written through `token(bytea)`, read as uuid text. */
type TokenColumn = ColumnType<string, unknown, unknown>

interface TelcoTable {
  id: Generated<number>
  code: string
  name: string
  block_budget_per_day: Generated<number>
  thresholds: Generated<Record<string, number>>
  created_at: Generated<Date>
  suspended_at: Moment | null
  phone_lookup_budget_per_day: Generated<number>
}

interface TelcoKeyTable {
  telco_id: number
  public_key: Buffer
  added_at: Generated<Date>
  retired_at: Moment | null
}

interface SubscriberTable {
  telco_id: number
  subscription: TokenColumn
  owner_tag: number
  /** Read through a function alone. */
  sealed: ColumnType<never, never, never>
}

interface CollectionPolicyTable {
  version: number
  content: string
  signature: string
  published_at: Generated<Date>
}

interface OpeningTable {
  id: string
  case_id: string
  requester: string
  purpose: string
  request: string
  request_signature: string
  requested_at: Moment
  approver: string | null
  approval: string | null
  approval_signature: string | null
  approved_at: Moment | null
  entry: string | null
  opened_at: Moment | null
}

interface PairingTable {
  telco_id: number
  imei: TokenColumn
  imsi: TokenColumn
  subscription: TokenColumn
  first_seen: string
  last_seen: string
  rat: Generated<string>
}

interface FeedTable {
  telco_id: number
  kind: 'subscribers' | 'pairings'
  number: number
  mode: 'snapshot' | 'delta'
  state: Generated<'open' | 'applied' | 'quarantined' | 'refused'>
  period_from: string
  period_to: string
  policy_version: number
  opened_at: Moment
  closed_at: Moment | null
  parts: JSONColumnType<FeedPartSummary[]>
  rows_in: BigCount
  accepted: BigCount
  rejected: BigCount
  rejects_by_code: JSONColumnType<Record<string, number>>
  counts: JSONColumnType<Partial<StoredFeedCounts>>
  breaches: JSONColumnType<StoredBreach[]>
  manifest_hash: string | null
  token_epoch: number
  receipt: JSONColumnType<object> | null
}

interface FeedManifestTable {
  telco_id: number
  kind: string
  number: number
  content: string
  public_key: Buffer
  signature: Buffer
}

/** A part of a feed, as its feed remembers it. */
export interface FeedPartSummary {
  readonly part: number
  /** SHA-256 of the uncompressed part, hex. */
  readonly digest: string
  readonly rowsIn: number
  readonly accepted: number
  readonly rejected: number
}

/** What a feed's rows were counted for when it was judged, beside accepted and rejected. */
export interface StoredFeedCounts {
  readonly foreignImsis: number
  readonly foreignMsisdns: number
  readonly leadingZerosLost: number
  readonly unblockableImeis: number
}

/** A breached threshold, as a feed remembers it. */
export interface StoredBreach {
  readonly threshold: string
  readonly measured: number
  readonly limit: number
}

interface FeedPartTable {
  telco_id: number
  kind: string
  number: number
  part: number
  digest: Buffer
  rows_in: number
  accepted: number
  rejected: number
  counts: JSONColumnType<PartCounts>
}

/** What a part's rows were counted for, beside accepted and rejected. */
export interface PartCounts {
  readonly foreignImsis: number
  readonly foreignMsisdns: number
  /** Rejected IMEIs that are too short. */
  readonly shortImeis: number
  /** Good rows whose IMEI may have lost a leading zero. */
  readonly zeroSuspects: number
  readonly unblockableImeis: number
  readonly rejectsByCode: Readonly<Record<string, number>>
}

interface FeedRejectTable {
  telco_id: number
  kind: string
  number: number
  part: number
  line: number
  field: string
  code: string
}

interface BlockCaseTable {
  id: string
  telco_id: number
  state: CaseState
  reason: 'lost' | 'stolen' | 'faulty' | 'fraud'
  subscription: TokenColumn
  owner_tag: number
  police_report: string | null
  are_papers_accepted: Generated<boolean>
  are_clones_accepted: Generated<boolean>
  review: Generated<string[]>
  subscriptions: Generated<number>
  subscriptions_per_imei: Generated<number>
  blocked_at: Moment | null
  provisional_until: Moment | null
  created_at: Moment
  updated_at: Moment
  version: Generated<number>
  token_epoch: number
}

interface CaseImeiTable {
  case_id: string
  imei: TokenColumn
}

interface CaseEventTable {
  case_id: string
  number: number
  event: string
  from_state: string
  to_state: CaseState
  actor: string
  at: Moment
  exceptions: JSONColumnType<LetThrough[]> | null
}

interface ReportedPhoneTable {
  imei: TokenColumn
}

interface CaseExceptionTable {
  case_id: string
  telco_id: number
  imsi: TokenColumn
  token_epoch: number
}

interface DailyBudgetTable {
  telco_id: number
  day: string
  purpose: 'block' | 'phone-lookup'
  used: number
}

interface PhoneLookupTable {
  telco_id: number
  id: string
  subscription: TokenColumn
  at: Moment
}

interface IdempotencyTable {
  client: string
  key: string
  request_mac: Buffer
  resource: string
  at: Moment
}

/** A SIM let through on a listed IMEI, as stored: its second-layer token in hex. */
export interface StoredException {
  readonly telcoId: number
  readonly imsi: string
  /** Generation of the keys that the token was made with; the first where it is not said. */
  readonly epoch?: number
}

interface ListChangeTable {
  seq: BigCount
  imei: BigCount | null
  status: 'PERMITTED' | 'PROHIBITED' | 'TRACKING'
  exceptions: JSONColumnType<StoredException[]>
  at: Moment
  case_id: string | null
  head: Buffer
  reason: BlockReason | null
  tac_from: number | null
  tac_to: number | null
}

interface ListEntryTable {
  imei: BigCount
  status: 'PROHIBITED' | 'TRACKING'
  exceptions: JSONColumnType<StoredException[]>
  seq: BigCount
  reason: BlockReason | null
}

interface ListRangeTable {
  tac_from: number
  tac_to: number
  status: 'PROHIBITED' | 'TRACKING'
  reason: BlockReason
  seq: BigCount
}

interface TacRangeTable {
  id: string
  tac_from: number
  tac_to: number
  status: 'PERMITTED' | 'PROHIBITED' | 'TRACKING'
  reason: BlockReason
  proposed_by: string
  proposed_at: Moment
  approved_by: string | null
  approved_at: Moment | null
  seq: BigCount | null
}

/** A SIM let through on a phone of a snapshot, as stored. */
export interface StoredSnapshotException extends StoredException {
  /** 14 digits. */
  readonly imei: string
}

interface ListSnapshotTable {
  seq: BigCount
  digest: Buffer
  head: Buffer
  phones: BigCount
  exceptions: JSONColumnType<StoredSnapshotException[]>
  bytes: BigCount
  made_at: Moment
}

interface ListSnapshotPieceTable {
  seq: BigCount
  at: BigCount
  content: Buffer
}

interface ListHeadTable {
  is_only: Generated<boolean>
  seq: BigCount
  head: Buffer
}

interface EdgeTable {
  telco_id: number
  name: string
  seq: BigCount
  acknowledged_at: Moment
}

interface EdgeAcknowledgementTable {
  telco_id: number
  name: string
  seq: BigCount
  at: Moment
}

interface HitTable {
  telco_id: number
  id: string
  imei: TokenColumn
  imsi: TokenColumn | null
  status: 'PROHIBITED' | 'TRACKING'
  node: string
  at: Moment
}

interface RateLimitTable {
  key: string
  points: number
  expire: BigCount | null
}

interface LogPendingTable {
  id: Generated<string>
  content: string
}

interface LogEntryTable {
  index: ColumnType<string, number, number>
  content: string
}

interface LogTileTable {
  level: number
  index: ColumnType<string, number, number>
  hashes: Buffer
}

interface LogCheckpointTable {
  size: ColumnType<string, number, number>
  root: Buffer
  note: string
  signed_at: Moment
}

interface LogCosignatureTable {
  size: ColumnType<string, number, number>
  telco_id: number
  line: string
}

/** Every table, as the migrations leave it; a test holds this against the real database. */
export interface Database {
  telco: TelcoTable
  telco_key: TelcoKeyTable
  subscriber: SubscriberTable
  pairing: PairingTable
  feed: FeedTable
  feed_manifest: FeedManifestTable
  feed_part: FeedPartTable
  feed_reject: FeedRejectTable
  block_case: BlockCaseTable
  case_imei: CaseImeiTable
  case_event: CaseEventTable
  idempotency: IdempotencyTable
  list_change: ListChangeTable
  list_entry: ListEntryTable
  list_head: ListHeadTable
  list_range: ListRangeTable
  list_snapshot: ListSnapshotTable
  list_snapshot_piece: ListSnapshotPieceTable
  tac_range: TacRangeTable
  edge: EdgeTable
  edge_acknowledgement: EdgeAcknowledgementTable
  hit: HitTable
  rate_limit: RateLimitTable
  log_pending: LogPendingTable
  log_entry: LogEntryTable
  log_tile: LogTileTable
  log_checkpoint: LogCheckpointTable
  log_cosignature: LogCosignatureTable
  collection_policy: CollectionPolicyTable
  opening: OpeningTable
  reported_phone: ReportedPhoneTable
  case_exception: CaseExceptionTable
  daily_budget: DailyBudgetTable
  phone_lookup: PhoneLookupTable
}

/** The columns of each table, in the order of the types above. */
export const columns = {
  telco: [
    'id',
    'code',
    'name',
    'block_budget_per_day',
    'thresholds',
    'created_at',
    'suspended_at',
    'phone_lookup_budget_per_day',
  ],
  telco_key: ['telco_id', 'public_key', 'added_at', 'retired_at'],
  subscriber: ['telco_id', 'subscription', 'owner_tag', 'sealed'],
  pairing: ['telco_id', 'imei', 'imsi', 'subscription', 'first_seen', 'last_seen', 'rat'],
  feed: [
    'telco_id',
    'kind',
    'number',
    'mode',
    'state',
    'period_from',
    'period_to',
    'policy_version',
    'opened_at',
    'closed_at',
    'parts',
    'rows_in',
    'accepted',
    'rejected',
    'rejects_by_code',
    'breaches',
    'manifest_hash',
    'receipt',
    'token_epoch',
    'counts',
  ],
  feed_manifest: ['telco_id', 'kind', 'number', 'content', 'public_key', 'signature'],
  feed_part: ['telco_id', 'kind', 'number', 'part', 'digest', 'rows_in', 'accepted', 'rejected', 'counts'],
  feed_reject: ['telco_id', 'kind', 'number', 'part', 'line', 'field', 'code'],
  block_case: [
    'id',
    'telco_id',
    'state',
    'reason',
    'subscription',
    'owner_tag',
    'police_report',
    'are_papers_accepted',
    'are_clones_accepted',
    'review',
    'subscriptions',
    'subscriptions_per_imei',
    'blocked_at',
    'provisional_until',
    'created_at',
    'updated_at',
    'version',
    'token_epoch',
  ],
  case_imei: ['case_id', 'imei'],
  case_event: ['case_id', 'number', 'event', 'from_state', 'to_state', 'actor', 'at', 'exceptions'],
  idempotency: ['client', 'key', 'request_mac', 'resource', 'at'],
  list_change: [
    'seq',
    'imei',
    'status',
    'exceptions',
    'at',
    'case_id',
    'head',
    'reason',
    'tac_from',
    'tac_to',
  ],
  list_entry: ['imei', 'status', 'exceptions', 'seq', 'reason'],
  list_range: ['tac_from', 'tac_to', 'status', 'reason', 'seq'],
  list_snapshot: ['seq', 'digest', 'head', 'phones', 'exceptions', 'bytes', 'made_at'],
  list_snapshot_piece: ['seq', 'at', 'content'],
  tac_range: [
    'id',
    'tac_from',
    'tac_to',
    'status',
    'reason',
    'proposed_by',
    'proposed_at',
    'approved_by',
    'approved_at',
    'seq',
  ],
  list_head: ['is_only', 'seq', 'head'],
  edge: ['telco_id', 'name', 'seq', 'acknowledged_at'],
  edge_acknowledgement: ['telco_id', 'name', 'seq', 'at'],
  hit: ['telco_id', 'id', 'imei', 'imsi', 'status', 'node', 'at'],
  rate_limit: ['key', 'points', 'expire'],
  log_pending: ['id', 'content'],
  log_entry: ['index', 'content'],
  log_tile: ['level', 'index', 'hashes'],
  log_checkpoint: ['size', 'root', 'note', 'signed_at'],
  log_cosignature: ['size', 'telco_id', 'line'],
  collection_policy: ['version', 'content', 'signature', 'published_at'],
  opening: [
    'id',
    'case_id',
    'requester',
    'purpose',
    'request',
    'request_signature',
    'requested_at',
    'approver',
    'approval',
    'approval_signature',
    'approved_at',
    'entry',
    'opened_at',
  ],
  reported_phone: ['imei'],
  case_exception: ['case_id', 'telco_id', 'imsi', 'token_epoch'],
  daily_budget: ['telco_id', 'day', 'purpose', 'used'],
  phone_lookup: ['telco_id', 'id', 'subscription', 'at'],
} as const satisfies { [Table in keyof Database]: readonly (keyof Database[Table])[] }
