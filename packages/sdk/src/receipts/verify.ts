import type { KeyObject } from 'node:crypto'
import { decodeManifest, isManifestSigned, manifestHash, openReceipt, type ReceiptFault } from '@pcbs/seal'
import type { FeedProof } from './archive.ts'

/** What a proof is checked against: public keys alone. */
export interface ProofKeys {
  /** The custodian's root. */
  readonly root: KeyObject
  /** The telco's keys, 32 raw bytes in base64url each; any key is believed where they are left out. */
  readonly telcoKeys?: readonly string[]
}

/** What is wrong with a proof, or with its place in its series. */
export type ProofFault =
  | 'manifest-format'
  | 'manifest-signature'
  | 'manifest-key'
  | 'other-manifest'
  | 'other-feed'
  | 'chain'
  | ReceiptFault

const faults: Readonly<Record<ProofFault, string>> = {
  'manifest-format': 'the manifest is not written as it must be',
  'manifest-signature': 'the manifest’s signature is not that of its text',
  'manifest-key': 'the manifest is signed by a key that is not the telco’s',
  'other-manifest': 'the receipt is for another manifest',
  'other-feed': 'manifest and receipt name different feeds',
  chain: 'the manifest does not name the one before it',
  format: 'the receipt is not written as it must be',
  'delegation-signature': 'the registry’s key is not vouched for by the custodian',
  'delegation-expired': 'the registry’s key was not valid at the time of the receipt',
  'receipt-signature': 'the receipt’s signature is not that of its text',
}

/** A fault in words. */
export function describeFault(fault: ProofFault): string {
  return `${faults[fault]}.`
}

/** Checks one proof by itself. */
export function findProofFault(
  { manifest: signed, receipt: signedReceipt }: FeedProof,
  { root, telcoKeys }: ProofKeys,
): ProofFault | undefined {
  const manifest = decodeManifest(signed.text)
  if (!manifest) return 'manifest-format'
  if (telcoKeys && !telcoKeys.includes(signed.publicKey)) return 'manifest-key'
  if (!isManifestSigned(signed)) return 'manifest-signature'
  const receipt = openReceipt(root, signedReceipt)
  if (typeof receipt === 'string') return receipt
  if (receipt.manifest !== manifestHash(signed.text)) return 'other-manifest'
  const isSameFeed =
    receipt.telco === manifest.telco && receipt.kind === manifest.kind && receipt.number === manifest.number
  return isSameFeed ? undefined : 'other-feed'
}

/** What checking a series found of one feed. */
export interface CheckedProof {
  readonly proof: FeedProof
  readonly fault: ProofFault | undefined
}

/** Checks a series' proofs, oldest first, each by itself and as the next after the one before it. */
export function checkSeries(proofs: readonly FeedProof[], keys: ProofKeys): readonly CheckedProof[] {
  return proofs.map((proof, index) => {
    const before = proofs[index - 1]
    const previous = before && manifestHash(before.manifest.text)
    const isNext = decodeManifest(proof.manifest.text)?.previous === previous
    return { proof, fault: findProofFault(proof, keys) ?? (isNext ? undefined : 'chain') }
  })
}
