import type { KeyObject } from 'node:crypto'
import { findDelegationFault, isSignedByDelegate, type SignedText } from '../block-list/signature.ts'

/** What the registry says became of a feed. */
export interface FeedReceipt {
  readonly telco: string
  readonly kind: 'subscribers' | 'pairings'
  readonly number: number
  /** Hash of the manifest that the registry took the feed under. */
  readonly manifest: string
  readonly state: 'applied' | 'quarantined' | 'refused'
  readonly accepted: number
  readonly rejected: number
  readonly atMs: number
}

/** A receipt with the registry's signature over its text, and the custodian's word for the key. */
export type SignedReceipt = SignedText

const heading = 'pcbs-feed-receipt-v1'

/** Writes a receipt as the text that is signed: ASCII lines ended by LF. */
export function encodeReceipt(receipt: FeedReceipt): string {
  const { telco, kind, number, manifest, state, accepted, rejected, atMs } = receipt
  const lines = [
    heading,
    `telco ${telco}`,
    `feed ${kind} ${number}`,
    `manifest ${manifest}`,
    `state ${state}`,
    `accepted ${accepted}`,
    `rejected ${rejected}`,
    `at ${new Date(atMs).toISOString()}`,
  ]
  return `${lines.join('\n')}\n`
}

const form = new RegExp(
  [
    `^${heading}`,
    'telco ([a-z][a-z0-9-]{1,30})',
    'feed (subscribers|pairings) ([1-9][0-9]{0,8})',
    'manifest ([0-9a-f]{64})',
    'state (applied|quarantined|refused)',
    'accepted ([0-9]{1,15})',
    'rejected ([0-9]{1,15})',
    'at ([0-9TZ:.-]{24})\n$',
  ].join('\n'),
)

/** Reads a receipt; `undefined` for any text that {@link encodeReceipt} does not write. */
export function decodeReceipt(text: string): FeedReceipt | undefined {
  const match = form.exec(text)
  if (!match) return undefined
  const [, telco = '', kind, number, manifest = '', state, accepted, rejected, at = ''] = match
  const atMs = Date.parse(at)
  if (!Number.isFinite(atMs)) return undefined
  const receipt: FeedReceipt = {
    telco,
    // The pattern admits these words alone.
    kind: kind as FeedReceipt['kind'],
    number: Number(number),
    manifest,
    state: state as FeedReceipt['state'],
    accepted: Number(accepted),
    rejected: Number(rejected),
    atMs,
  }
  return encodeReceipt(receipt) === text ? receipt : undefined
}

/** Why a receipt is not to be believed. */
export type ReceiptFault = 'format' | 'delegation-signature' | 'delegation-expired' | 'receipt-signature'

/** Checks a receipt against the custodian's root key; gives what it says, or why it is not to be believed. */
export function openReceipt(
  root: KeyObject,
  { text, delegation, signature }: SignedReceipt,
): FeedReceipt | ReceiptFault {
  const receipt = decodeReceipt(text)
  if (!receipt) return 'format'
  const fault = findDelegationFault(root, delegation, receipt.atMs)
  if (fault) return fault
  return isSignedByDelegate(delegation, Buffer.from(text), signature) ? receipt : 'receipt-signature'
}
