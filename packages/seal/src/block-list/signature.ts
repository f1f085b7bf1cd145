import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** A time-limited permission, signed by the custodian's root, for a key to sign the block list and feed receipts. */
export interface ListDelegation {
  /** Epoch milliseconds. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** The delegate's Ed25519 public key, 32 raw bytes in base64url. */
  readonly publicKey: string
  /** The root's signature, base64url. */
  readonly signature: string
}

/** A text that a delegate signed, and the custodian's word for the delegate's key. */
export interface SignedText {
  readonly text: string
  readonly delegation: ListDelegation
  /** Ed25519 over the text's bytes, base64url. */
  readonly signature: string
}

/** A signed statement that the list's history up to `seq` is the one with this head. */
export interface SignedHead {
  readonly seq: number
  /** 32 bytes in hex. */
  readonly head: string
  readonly signedAtMs: number
  readonly delegation: ListDelegation
  /** The delegate's signature, base64url. */
  readonly signature: string
}

/** Why a signed head is not to be believed. */
export type HeadFault = 'delegation-signature' | 'delegation-expired' | 'head-signature'

/** The bytes that the root signs: `pcbs-list-delegation-v1 0x00 ‖ notBefore (8) ‖ notAfter (8) ‖ public key (32)`. */
export function delegationBytes(delegation: Omit<ListDelegation, 'signature'>): Buffer {
  return Buffer.concat([
    Buffer.from('pcbs-list-delegation-v1\0'),
    uint64(delegation.notBeforeMs),
    uint64(delegation.notAfterMs),
    Buffer.from(delegation.publicKey, 'base64url'),
  ])
}

/** The bytes that the delegate signs: `pcbs-list-head-v1 0x00 ‖ seq (8) ‖ signedAt (8) ‖ head (32)`. */
export function headBytes({
  seq,
  signedAtMs,
  head,
}: Pick<SignedHead, 'seq' | 'signedAtMs' | 'head'>): Buffer {
  return Buffer.concat([
    Buffer.from('pcbs-list-head-v1\0'),
    uint64(seq),
    uint64(signedAtMs),
    Buffer.from(head, 'hex'),
  ])
}

/** Signs with Ed25519 (RFC 8032); the signature in base64url. */
export function signBytes(key: KeyObject, bytes: Uint8Array): string {
  return sign(null, bytes, key).toString('base64url')
}

/** Checks that the custodian's root let a key sign at a time; gives the fault, or `undefined` when it did. */
export function findDelegationFault(
  root: KeyObject,
  delegation: ListDelegation,
  signedAtMs: number,
): 'delegation-signature' | 'delegation-expired' | undefined {
  if (!isWellFormed(delegation) || !isSignedBy(root, delegationBytes(delegation), delegation.signature))
    return 'delegation-signature'
  const { notBeforeMs, notAfterMs } = delegation
  return signedAtMs < notBeforeMs || signedAtMs > notAfterMs ? 'delegation-expired' : undefined
}

/** Checks a signed head against the custodian's root key; gives the fault, or `undefined` when it holds. */
export function findHeadFault(root: KeyObject, signed: SignedHead): HeadFault | undefined {
  const fault = findDelegationFault(root, signed.delegation, signed.signedAtMs)
  if (fault) return fault
  if (!isCount(signed.seq) || !isCount(signed.signedAtMs) || !isHash(signed.head)) return 'head-signature'
  const isSigned = isSignedByDelegate(signed.delegation, headBytes(signed), signed.signature)
  return isSigned ? undefined : 'head-signature'
}

/** An Ed25519 public key from its 32 raw bytes in base64url, or `undefined` where they are none. */
export function publicKeyFromRaw(raw: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** The 32 raw bytes of an Ed25519 public or private key's public half, base64url. */
export function rawPublicKey(key: KeyObject): string {
  const { x } = key.export({ format: 'jwk' })
  if (!x) throw new TypeError('not an Ed25519 key')
  return x
}

/** The bytes that sign a snapshot: `pcbs-list-snapshot-v2 0x00 ‖ seq (8) ‖ head (32) ‖ the snapshot's digest (32)`. */
export function snapshotBytes({ seq, head, digest }: SnapshotClaim): Buffer {
  return Buffer.concat([
    Buffer.from('pcbs-list-snapshot-v2\0'),
    uint64(seq),
    Buffer.from(head, 'hex'),
    Buffer.from(digest, 'hex'),
  ])
}

/** Which bytes are the snapshot of which place in the history. */
export interface SnapshotClaim extends Pick<SignedHead, 'seq' | 'head'> {
  /** SHA-256 in hex, as it stands at the snapshot's end. */
  readonly digest: string
}

/** Whether a snapshot is the one that its head's delegate signed. Check the head itself first. */
export function isSnapshotSigned(signed: SignedHead, digest: string, signature: string): boolean {
  return (
    isHash(digest) && isSignedByDelegate(signed.delegation, snapshotBytes({ ...signed, digest }), signature)
  )
}

/** Checks bytes that a delegate signed, as {@link signBytes} signs them; check its delegation first. */
export function isSignedByDelegate(
  delegation: ListDelegation,
  bytes: Uint8Array,
  signature: string,
): boolean {
  const delegate = publicKeyFromRaw(delegation.publicKey)
  return delegate !== undefined && isSignedBy(delegate, bytes, signature)
}

function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: string): boolean {
  return isBase64url(signature) && verify(null, bytes, key, Buffer.from(signature, 'base64url'))
}

/** Whether a delegation has the types that it is declared with: what is signed is its bytes, which other values give too. */
function isWellFormed(delegation: ListDelegation | null | undefined): boolean {
  if (!delegation) return false
  const { notBeforeMs, notAfterMs, publicKey } = delegation
  return isCount(notBeforeMs) && isCount(notAfterMs) && isBase64url(publicKey)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

/** Whether a text is the one way to write its bytes: the decoder of the platform passes over what is none. */
function isBase64url(text: unknown): boolean {
  return typeof text === 'string' && Buffer.from(text, 'base64url').toString('base64url') === text
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
