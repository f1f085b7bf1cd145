export {
  appendListChanges,
  type DatedEntry,
  type DatedRange,
  findHeadAt,
  findOnList,
  getListHead,
  listChangesAfter,
  listEntriesAfter,
  listRanges,
  lockListHead,
  type PhoneFindings,
  type StoredChange,
  type StoredEntry,
  type StoredHead,
  type StoredPhoneChange,
  type StoredRange,
  type StoredRangeChange,
  type StoredTacs,
} from './block-list.ts'
export { claimBudget, type DailyBudget, unlimited } from './budgets.ts'
export { listClaims, listHolds, type NamedPhone, type PhoneClaims, type PhoneHold } from './case-holds.ts'
export {
  type CasePage,
  type CaseWriting,
  findCase,
  listCaseEvents,
  listCases,
  listCasesHolding,
  listCasesOfSubscription,
  listLapsedCases,
  lockCase,
  lockPhonesOf,
  type StoredCase,
  type StoredCaseEvent,
  writeCase,
} from './cases.ts'
export {
  openStore,
  ping,
  type RegistryDb,
  type RegistryTransaction,
  type Store,
  type StoreOptions,
} from './connect.ts'
export {
  type Acknowledgement,
  type EdgeProof,
  type EdgeState,
  findLapses,
  type Lapse,
  type LapsePage,
  listEdgeProofs,
  listEdges,
  listPlaces,
  recordAcknowledgement,
  type StoredPlace,
} from './enforcement.ts'
export { classifyDatabaseFailure, type DatabaseFault, findDatabaseFault } from './errors.ts'
export { type StagedSample, type StagedSummary, summariseStaged } from './feed-inspection.ts'
export {
  findLastManifestHash,
  findManifest,
  insertManifest,
  type StoredManifest,
} from './feed-manifests.ts'
export { mergeFeed } from './feed-merge.ts'
export { findAppliedEpoch, findLastApplied, findRecentAverageRows } from './feed-series.ts'
export {
  countBusiestImei,
  discardPartsAfter,
  discardStaging,
  type IncomingPart,
  type PartOutcome,
  stagePart,
  sumPartCounts,
} from './feed-staging.ts'
export {
  asTelco,
  closeFeed,
  type FeedKind,
  type FeedName,
  type FeedTerms,
  findFeed,
  findFeedTerms,
  findFeedUnderWay,
  insertFeed,
  listFeeds,
  listRejects,
  lockFeed,
  type NewFeed,
  type StoredFeed,
  type StoredReject,
} from './feeds.ts'
export {
  countHits,
  type HitCount,
  type HitPage,
  insertHits,
  listHits,
  type SeenHit,
  type StoredHit,
} from './hits.ts'
export { findRepeated, type RepeatableRequest, rememberRequest } from './idempotency.ts'
export { listenForList } from './list-notifications.ts'
export {
  findSnapshot,
  makeSnapshot,
  readSnapshotPiece,
  type SnapshotRow,
  type SnapshotSource,
  type StoredSnapshot,
} from './list-snapshots.ts'
export { type NetworkChange, networkChange } from './list-wire.ts'
export {
  findCheckpoint,
  findLastCheckpoint,
  getLogSize,
  insertCheckpoint,
  insertCosignature,
  insertLogEntries,
  listCosignatures,
  listEntriesAbout,
  listLogEntries,
  lockLog,
  queueLogEntry,
  readLogTile,
  type StoredCheckpoint,
  type StoredLogEntry,
  takePendingEntries,
  writeLogTiles,
} from './log.ts'
export { listMigrations, type MigrationState, migrate } from './migrate.ts'
export {
  approveOpening,
  eraseSealedRecord,
  findOpening,
  findSealedRecord,
  insertOpening,
  listOpenings,
  lockOpening,
  markOpened,
  type StoredOpening,
  type StoredStatement,
} from './openings.ts'
export {
  insertPhoneLookup,
  listLookupsOfSubscription,
  listPhonesOf,
  type PhoneLookup,
  type UsedPhone,
} from './phone-lookups.ts'
export { findPolicy, insertPolicy, listPolicies, type StoredPolicy } from './policy.ts'
export {
  deleteExpiredLimits,
  type LimitPlan,
  openSharedLimit,
  type SharedLimit,
  type Spending,
} from './rate-limits.ts'
export { deletePairingsBefore } from './retention.ts'
export {
  columns,
  type Database,
  type FeedPartSummary,
  type PartCounts,
  type StoredBreach,
  type StoredException,
} from './schema.ts'
export { findOwnerTag, findSightings, type SightingFindings, type SightingQuery } from './sightings.ts'
export {
  copyHeader,
  copyTrailer,
  dayNumber,
  encodeStagedBatch,
  type StagedBatch,
  tokenColumns,
} from './staged-rows.ts'
export {
  approveTacRange,
  findTacRange,
  findTacRangeOfChange,
  insertTacRange,
  listTacRanges,
  lockTacRange,
  type StoredTacRange,
} from './tac-ranges.ts'
export {
  addTelco,
  addTelcoKey,
  listTelcos,
  retireOtherKeys,
  setSuspended,
  setThresholds,
  type Telco,
} from './telcos.ts'
export { type Agreement, agreements, type Calendar, findDisagreements } from './verify/agreements.ts'
export { liftStatementTimeout, readAtOneMoment } from './verify/moment.ts'
export { type CaseWithHistory, countHeldPhones, listTold, pageCases, pageEntries } from './verify/pages.ts'
