export {
  type DayReader,
  type HomeNetwork,
  parseDay,
  type RawPairing,
  type RawSubscriber,
  type RejectCode,
  type RowFault,
  readDaysAs,
  rejectRemedies,
} from '@pcbs/core'
export type { ListChange, ListEntry, ListException, ListRange, TelcoKey } from '@pcbs/seal'
export {
  readConfiguration,
  readSourceConfiguration,
  type SourceConfiguration,
  type TelcoConfiguration,
} from './adapter/configuration.ts'
export {
  type AdapterFactory,
  type AdapterHost,
  defineAdapter,
  type ListUpdate,
  type TelcoAdapter,
} from './adapter/define-adapter.ts'
export type { ToldOutage } from './adapter/outages.ts'
export { createProgressBar, describeSummary } from './adapter/progress-bar.ts'
export {
  type AdapterEvent,
  describeFailure,
  type RunOptions,
  runContinuously,
  runOnce,
} from './adapter/run.ts'
export {
  connectRegistry,
  fetchTelcoKey,
  fetchTelcoKeys,
  type PolicyInForce,
  readPolicy,
} from './adapter/session.ts'
export { periodUntil, type SyncParts, syncOnce } from './adapter/sync.ts'
export { type ExportOptions, exportList, type VerifiedPage } from './block-list/export.ts'
export { type FollowEvent, type FollowOptions, followList, type ListCopy } from './block-list/follow.ts'
export { fetchSnapshot, type ListSnapshot } from './block-list/snapshot-download.ts'
export { type ListPosition, listStart, verifyChanges, verifySnapshot } from './block-list/verify.ts'
export { type Claimant, identifyClaimant } from './cases/claimant.ts'
export { stopOnSignals } from './cli/stop.ts'
export type { AccessOptions } from './client/access.ts'
export { createRegistryClient, expectAnswer, type RegistryClient } from './client/client.ts'
export { failureCode } from './client/failure-code.ts'
export { fetchPatiently, patientPolicy, pauseBefore, type RetryPolicy } from './client/retry.ts'
export type { LineBatch } from './encoding/batch-encoder.ts'
export { encodeSource } from './encoding/encode-source.ts'
export { RowEncoder, type Sealing } from './encoding/row-encoder.ts'
export { SdkError, type SdkErrorCode, sdkErrors } from './errors.ts'
export { type OutgoingPart, partRows } from './feeds/parts.ts'
export { type PreviewedRow, previewRows } from './feeds/preview.ts'
export type { Source } from './feeds/row-batches.ts'
export { type FeedJob, type FeedProgress, type FeedSummary, sendFeed } from './feeds/send-feed.ts'
export type {
  FeedKind,
  OutgoingRow,
  SourceReject,
  SourceRow,
  SourceRows,
  UnreadableRow,
} from './feeds/source-rows.ts'
export { type LockOutcome, takeLockFile } from './lock-file.ts'
export { followLog, type LogFollower } from './log/follow.ts'
export { type FeedProof, ProofArchive } from './receipts/archive.ts'
export {
  type CheckedProof,
  checkSeries,
  describeFault,
  type ProofFault,
  type ProofKeys,
} from './receipts/verify.ts'
