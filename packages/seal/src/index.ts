export {
  decodeChange,
  emptyHead,
  encodeChange,
  isRange,
  type ListChange,
  type ListEntry,
  type ListException,
  type ListRange,
  type ListReason,
  type ListStatus,
  listReasons,
  listStatuses,
  nextHead,
  rebuildChange,
} from './block-list/change.ts'
export {
  type ExportPage,
  type ExportPageFault,
  encodeExportPage,
  openExportPage,
} from './block-list/export-page.ts'
export {
  delegationBytes,
  findDelegationFault,
  findHeadFault,
  type HeadFault,
  headBytes,
  isSnapshotSigned,
  type ListDelegation,
  publicKeyFromRaw,
  rawPublicKey,
  type SignedHead,
  type SignedText,
  type SnapshotClaim,
  signBytes,
  snapshotBytes,
} from './block-list/signature.ts'
export {
  encodeSnapshot,
  encodeSnapshotExceptions,
  encodeSnapshotHeader,
  encodeSnapshotRanges,
  type OpenSnapshot,
  openSnapshot,
  PhoneReader,
  PhoneWriter,
  type SnapshotException,
  type SnapshotHeader,
  type SnapshotPhone,
} from './block-list/snapshot.ts'
export { askCustodian, type CustodianCaller, CustodianRefusal } from './custodian/client.ts'
export {
  type CheckpointState,
  type CustodianAction,
  type CustodianActions,
  custodianAudience,
  type OpeningEvidence,
  type ReleasedShare,
  type RequestClaims,
  requestLifetimeSeconds,
  type WireOwner,
} from './custodian/protocol.ts'
export { type CombinedRegistryKeys, fetchCombinedKeys, fetchTokenEpoch } from './custodian/registry-keys.ts'
export { readWireOwner, toWireOwner } from './custodian/wire-owner.ts'
export {
  decodeManifest,
  encodeManifest,
  type FeedManifest,
  isManifestSigned,
  manifestHash,
  type SignedManifest,
  signManifest,
} from './feed-manifest/manifest.ts'
export {
  decodeReceipt,
  encodeReceipt,
  type FeedReceipt,
  openReceipt,
  type ReceiptFault,
  type SignedReceipt,
} from './feed-manifest/receipt.ts'
export {
  encodePairingLine,
  encodeRejectLine,
  encodeSubscriberLine,
  lineFields,
  type PairingLine,
  type RejectLine,
  type RowMark,
  type SubscriberLine,
} from './feed-part/lines.ts'
export { combineKeys, deriveKey, type KeyName, type KeyPurpose } from './keys.ts'
export {
  type Checkpoint,
  checkpointBody,
  cosignCheckpoint,
  delegateLogKey,
  type LogKey,
  type OpenedCheckpoint,
  openCheckpoint,
  readCosignature,
  signCheckpoint,
} from './log/checkpoint.ts'
export {
  decodeLogEntry,
  encodeLogEntry,
  type LogEntry,
  type LogEntryType,
  type LogFields,
} from './log/entry.ts'
export {
  appendToTiles,
  completeRoot,
  nodesFromTiles,
  type ReadTile,
  type Tile,
  tileWidth,
} from './log/tiles.ts'
export {
  consistencyProof,
  emptyRoot,
  hashLeaf,
  hashNode,
  inclusionProof,
  isConsistent,
  isIncluded,
  type ReadNode,
  treeRoot,
} from './log/tree.ts'
export { officerIdOf } from './officers/officer-id.ts'
export { claimHash } from './openings/claim.ts'
export { openedFields, openingLifetimeMs, openReleased, type ReleasedRecord } from './openings/opening.ts'
export {
  claimContext,
  decodeStatement,
  encodeStatement,
  isStatementSigned,
  type OpeningPurpose,
  openingPurposes,
  type SignedStatement,
  type StatementFields,
  type StatementType,
  shareContext,
  signStatement,
  statementHash,
} from './openings/statement.ts'
export {
  type CollectionPolicy,
  decodePolicy,
  encodePolicy,
  type FieldForm,
  fieldForms,
  findPolicyFault,
  type Nation,
  openPolicy,
  type PolicyField,
  policyFields,
  policyHash,
  possibleForms,
  type SignedPolicy,
  signPolicy,
} from './policy/policy.ts'
export {
  contentLength,
  decodeContent,
  encodeContent,
  type SealedContent,
  type SealedField,
  sealedFields,
} from './sealed/content.ts'
export {
  decapsulate,
  type Encapsulation,
  encapsulate,
  type MessageContext,
  makeSealingKey,
  openMessage,
  readSealingKey,
  type SealedMessage,
  type SealingKey,
  sealingKeyOf,
  sealMessage,
} from './sealed/hpke.ts'
export {
  beginSealing,
  maxCustodians,
  openRecord,
  openShare,
  ownerBytes,
  type RecordOwner,
  readSealedRecord,
  recordHash,
  recordShare,
  type SealedRecord,
  type SealingBatch,
  type SealingCustodian,
  sealedRecordLength,
  sealedTextLength,
  sealRecord,
} from './sealed/record.ts'
export { makeImeiToken, openImeiToken, writeImeiBlock } from './tokens/imei-token.ts'
export { unwrapTokens, wrapTokens } from './tokens/layers.ts'
export { isCanonicalDocument, makeOwnerTag, ownerTagRange } from './tokens/owner-tag.ts'
export {
  decodeToken,
  encodeToken,
  makeToken,
  readToken,
  type TelcoKey,
  type Token,
  type TokenKind,
  tokenKinds,
  tokenTextLength,
} from './tokens/token.ts'
