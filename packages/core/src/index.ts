export {
  type DerivedEntry,
  deriveEntry,
  type Hold,
  isSameEntry,
  type LetThrough,
  type ListedStatus,
  unionOf,
} from './block-list/entry.ts'
export { PhoneTable, slotOf, type TableStatus } from './block-list/phone-table.ts'
export { decideVerdict, type ListFindings, type Verdict } from './block-list/precedence.ts'
export { type EquipmentStatus, equipmentStatus3gpp } from './block-list/status.ts'
export {
  approvalRemedies,
  findApprovalFault,
  findRangeFault,
  isLapsed,
  rangeRemedies,
  type Tacs,
} from './block-list/tac-range.ts'
export { type BlastRadius, cloneSetFrom, isCloneSet } from './cases/clones.ts'
export { type Attempt, decideEvent, type Refusal } from './cases/decide.ts'
export {
  decideEnforcement,
  type EdgeAcknowledgement,
  type Enforcement,
  findProvingSequence,
  type PhonePlace,
} from './cases/enforcement.ts'
export { evidenceOf } from './cases/evidence.ts'
export {
  type ActorKind,
  type CaseEvent,
  type CaseState,
  caseEvents,
  caseStates,
  type EventInput,
  eventInputs,
  findTransition,
  lifecycle,
  listedStates,
  type Transition,
} from './cases/lifecycle.ts'
export {
  decideOwnership,
  findLaterUse,
  type LaterUse,
  type OwnershipEvidence,
  type OwnershipFacts,
  type Sighting,
} from './cases/ownership.ts'
export {
  type ProvisionalFacts,
  type ProvisionalRule,
  provisionalPeriodMs,
  provisionalUntil,
} from './cases/provisional.ts'
export { type BlockReason, blockReasons } from './cases/reasons.ts'
export { type PastEvent, type Replayed, replayHistory } from './cases/replay.ts'
export { type CaseFacts, type Requirement, type RequirementCode, requirements } from './cases/requirements.ts'
export { addDays, dayOfNumber, numberOfDay } from './days/calendar.ts'
export {
  dayAt,
  endOfDay,
  parseTimeZone,
  startOfDay,
  type TimeZone,
  timeZoneRemedies,
} from './days/nation-days.ts'
export { type Day, type DayFailure, parseDay } from './feeds/day.ts'
export { type DayReader, readDaysAs } from './feeds/day-spelling.ts'
export {
  type HomeNetwork,
  type Pairing,
  parseClaim,
  parsePairing,
  parseSubscriber,
  type RawPairing,
  type RawSubscriber,
  type RowFault,
  type ShownClaim,
  type Subscriber,
} from './feeds/operator-rows.ts'
export { isRatList } from './feeds/rat.ts'
export { type RejectCode, type RowField, rejectRemedies } from './feeds/rejects.ts'
export {
  type Breach,
  defaultThresholds,
  type FeedCounts,
  judgeFeed,
  type ThresholdName,
} from './feeds/thresholds.ts'
export { type FeedImei, parseFeedImei } from './imei/feed-imei.ts'
export {
  formatImei15,
  type Imei14,
  type ImeiFailure,
  imeiRemedies,
  parseHumanImei,
  parseNetworkImei,
  tacOf,
} from './imei/imei.ts'
export { findUnblockable, mayBeUnblockable, type Unblockable, unblockableImeis } from './imei/unblockable.ts'
export { Outage, type OutageLength } from './outages/outage.ts'
export { fail, ok, type Result } from './result.ts'
export { type Imsi, type ImsiFailure, imsiRemedies, isHomeImsi, parseImsi } from './subscriber/imsi.ts'
export { findIssuer, type IssuerCode } from './subscriber/issuer.ts'
export {
  type Msisdn,
  type MsisdnFailure,
  msisdnRemedies,
  parseMachineMsisdn,
  parseMsisdn,
  type ReadMsisdn,
} from './subscriber/msisdn.ts'
export {
  documentTypes,
  type NationalId,
  type NationalIdFailure,
  nationalIdRemedies,
  parseDocument,
  parseMyKad,
  parsePassport,
  type RawDocument,
} from './subscriber/national-id.ts'
