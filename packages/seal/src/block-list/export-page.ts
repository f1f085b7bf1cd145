import type { KeyObject } from 'node:crypto'
import { findDelegationFault, isSignedByDelegate, type SignedText } from './signature.ts'

/** What a page of an exported list is. */
export interface ExportPage {
  readonly telco: string
  /** Of the whole list, or of changes. */
  readonly kind: 'full' | 'changes'
  /** Where it begins: behind this IMEI, `start` for the first page; or behind this sequence. */
  readonly after: string
  /** The list's sequence that a full page is of; the last one on a page of changes. */
  readonly seq: number
  readonly rows: number
  /** SHA-256 of the page's UTF-8 text, in hex. */
  readonly digest: string
  readonly atMs: number
}

const heading = 'pcbs-list-export-v1'

/** Writes what a page is as the text that is signed: ASCII lines ended by LF. */
export function encodeExportPage({ telco, kind, after, seq, rows, digest, atMs }: ExportPage): string {
  const lines = [
    heading,
    `telco ${telco}`,
    `${kind} after ${after}`,
    `seq ${seq}`,
    `rows ${rows}`,
    `sha256 ${digest}`,
    `at ${new Date(atMs).toISOString()}`,
  ]
  return `${lines.join('\n')}\n`
}

const form = new RegExp(
  [
    `^${heading}`,
    'telco ([a-z][a-z0-9-]{1,30})',
    '(full|changes) after (start|[0-9]{1,15})',
    'seq ([0-9]{1,15})',
    'rows ([0-9]{1,9})',
    'sha256 ([0-9a-f]{64})',
    'at ([0-9TZ:.-]{24})\n$',
  ].join('\n'),
)

/** Why a page is not to be believed. */
export type ExportPageFault = 'format' | 'delegation-signature' | 'delegation-expired' | 'page-signature'

/** Checks a page's statement against the custodian's root; gives what it says, or why it is not to be believed. */
export function openExportPage(
  root: KeyObject,
  { text, delegation, signature }: SignedText,
): ExportPage | ExportPageFault {
  const [, telco = '', kind, after = '', seq, rows, digest = '', at = ''] = form.exec(text) ?? []
  const atMs = Date.parse(at)
  if (!Number.isFinite(atMs)) return 'format'
  const fault = findDelegationFault(root, delegation, atMs)
  if (fault) return fault
  if (!isSignedByDelegate(delegation, Buffer.from(text), signature)) return 'page-signature'
  // The pattern admits these two words alone.
  const words = { telco, kind: kind as ExportPage['kind'], after, digest }
  return { ...words, seq: Number(seq), rows: Number(rows), atMs }
}
