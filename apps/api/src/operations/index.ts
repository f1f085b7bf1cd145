import type { Handlers } from '../http/operation.ts'
import { acknowledgeBlockList } from './acknowledge-block-list.ts'
import { addCaseEvidence } from './add-case-evidence.ts'
import { applyCaseEvent } from './apply-case-event.ts'
import { approveOpening } from './approve-opening.ts'
import { approveTacRange } from './approve-tac-range.ts'
import { checkClaim } from './check-claim.ts'
import { checkImei } from './check-imei.ts'
import { commitFeed } from './commit-feed.ts'
import { cosignLog } from './cosign-log.ts'
import { decideFeed } from './decide-feed.ts'
import { downloadBlockListSnapshot } from './download-block-list-snapshot.ts'
import { eraseRecord } from './erase-record.ts'
import { exportBlockList } from './export-block-list.ts'
import { getBlockListSnapshot } from './get-block-list-snapshot.ts'
import { getCase } from './get-case.ts'
import { getCaseHistory } from './get-case-history.ts'
import { getCollectionPolicy } from './get-collection-policy.ts'
import { getEnforcementReport } from './get-enforcement-report.ts'
import { getFeed } from './get-feed.ts'
import { getHealth } from './get-health.ts'
import { getLogCheckpoint } from './get-log-checkpoint.ts'
import { getLogConsistency } from './get-log-consistency.ts'
import { getLogInclusion } from './get-log-inclusion.ts'
import { getOpening } from './get-opening.ts'
import { getReadiness } from './get-readiness.ts'
import { getSealedRecordReference } from './get-sealed-record-reference.ts'
import { inspectFeed } from './inspect-feed.ts'
import { listBlockListChanges } from './list-block-list-changes.ts'
import { listCases } from './list-cases.ts'
import { listEnforcementLapses } from './list-enforcement-lapses.ts'
import { listFeedRejects } from './list-feed-rejects.ts'
import { listFeeds } from './list-feeds.ts'
import { listHits } from './list-hits.ts'
import { listLogEntries } from './list-log-entries.ts'
import { listLogLeaves } from './list-log-leaves.ts'
import { listOpenings } from './list-openings.ts'
import { listTacRanges } from './list-tac-ranges.ts'
import { listTelcoEnforcement } from './list-telco-enforcement.ts'
import { lookUpBlock } from './look-up-block.ts'
import { lookUpPhones } from './look-up-phones.ts'
import { openFeed } from './open-feed.ts'
import { proposeTacRange } from './propose-tac-range.ts'
import { putFeedPart } from './put-feed-part.ts'
import { readSubscriptionHistory } from './read-subscription-history.ts'
import { releaseOpening } from './release-opening.ts'
import { reportCase } from './report-case.ts'
import { reportHits } from './report-hits.ts'
import { requestOpening } from './request-opening.ts'
import { streamBlockList } from './stream-block-list.ts'

/** Every operation of the contract, by operationId. */
export const handlers: Handlers = {
  streamBlockList,
  approveTacRange,
  downloadBlockListSnapshot,
  exportBlockList,
  listEnforcementLapses,
  listHits,
  listTacRanges,
  listTelcoEnforcement,
  proposeTacRange,
  acknowledgeBlockList,
  addCaseEvidence,
  applyCaseEvent,
  approveOpening,
  checkClaim,
  checkImei,
  commitFeed,
  cosignLog,
  decideFeed,
  eraseRecord,
  getBlockListSnapshot,
  getCase,
  getCaseHistory,
  getCollectionPolicy,
  getEnforcementReport,
  getFeed,
  getHealth,
  getLogCheckpoint,
  getLogConsistency,
  getLogInclusion,
  getOpening,
  getReadiness,
  getSealedRecordReference,
  inspectFeed,
  listBlockListChanges,
  listCases,
  listFeedRejects,
  listFeeds,
  listLogEntries,
  listLogLeaves,
  listOpenings,
  lookUpBlock,
  lookUpPhones,
  openFeed,
  putFeedPart,
  readSubscriptionHistory,
  releaseOpening,
  reportCase,
  reportHits,
  requestOpening,
}
