import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { publicKeyFromRaw, rawPublicKey } from '../block-list/signature.ts'

/** How far a log has come (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Names the log. */
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

const ed25519 = 1
const cosignatureV1 = 4

/** The text that is signed: origin, size, root in base64, a line each. */
export function checkpointBody({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`
}

/** A checkpoint as it was read. */
export interface OpenedCheckpoint extends Checkpoint {
  /** Generation of the log's key that signed it. */
  readonly keyEpoch: number
}

/** The key that signs checkpoints, and the root's word for it. */
export interface LogKey {
  readonly privateKey: KeyObject
  /** {@link delegateLogKey} of its public half. */
  readonly delegation: Buffer
}

/** The name under which the root's word for a log key stands among a note's signatures. */
const delegationName = 'pcbs-log-key'
const delegationType = 0xff

/**
 * The root's word for a log key: `epoch (1) ‖ public key (32) ‖ signature (64)`, the signature over
 * `pcbs-log-key-v1 0x00 ‖ epoch ‖ public key`. A log key is replaced without anybody having to learn another root.
 */
export function delegateLogKey(
  root: KeyObject,
  { epoch, publicKey }: { readonly epoch: number; readonly publicKey: KeyObject },
): Buffer {
  const claim = Buffer.concat([Buffer.from([epoch]), Buffer.from(rawPublicKey(publicKey), 'base64url')])
  return Buffer.concat([claim, sign(null, delegatedBytes(claim), root)])
}

/** A checkpoint as a signed note: body, empty line, the log key's signature, the root's word for that key. */
export function signCheckpoint(
  checkpoint: Checkpoint,
  root: KeyObject,
  { privateKey, delegation }: LogKey,
): string {
  const { origin } = checkpoint
  const body = checkpointBody(checkpoint)
  const lines = [
    signatureLine(origin, keyId(origin, ed25519, privateKey), sign(null, Buffer.from(body), privateKey)),
    signatureLine(delegationName, keyId(delegationName, delegationType, root), delegation),
  ]
  return `${body}\n${lines.join('')}`
}

const bodyForm = /^([!-~]{1,200})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/

/**
 * Reads a note's checkpoint if a key signed it that the root vouches for in the same note; `undefined` otherwise. Other
 * signatures are not looked at.
 */
export function openCheckpoint(note: string, origin: string, root: KeyObject): OpenedCheckpoint | undefined {
  const split = note.indexOf('\n\n')
  if (split < 0) return undefined
  const body = note.slice(0, split + 1)
  const match = bodyForm.exec(body)
  if (match?.[1] !== origin) return undefined
  const signatures = readSignatures(note.slice(split + 2))
  const logKey = findLogKey(signatures, root)
  if (!logKey) return undefined
  const own = keyId(origin, ed25519, logKey.key)
  const isSigned = signatures.some(
    ({ name, id, signature }) =>
      name === origin &&
      id.equals(own) &&
      signature.length === 64 &&
      verify(null, Buffer.from(body), logKey.key, signature),
  )
  if (!isSigned) return undefined
  const checkpoint = { origin, size: Number(match[2]), root: Buffer.from(match[3] ?? '', 'base64') }
  return checkpointBody(checkpoint) === body ? { ...checkpoint, keyEpoch: logKey.epoch } : undefined
}

function findLogKey(
  signatures: ReturnType<typeof readSignatures>,
  root: KeyObject,
): { readonly epoch: number; readonly key: KeyObject } | undefined {
  const own = keyId(delegationName, delegationType, root)
  for (const { name, id, signature: delegation } of signatures) {
    if (name !== delegationName || !id.equals(own) || delegation.length !== 97) continue
    const claim = delegation.subarray(0, 33)
    const key = publicKeyFromRaw(claim.toString('base64url', 1))
    if (key && verify(null, delegatedBytes(claim), root, delegation.subarray(33)))
      return { epoch: claim[0] ?? 0, key }
  }
  return undefined
}

function delegatedBytes(claim: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('pcbs-log-key-v1\0'), claim])
}

/** A witness's cosignature over a checkpoint (C2SP tlog-cosignature): it saw this log, consistent, at this time. */
export function cosignCheckpoint(
  checkpoint: Checkpoint,
  { name, key, atSeconds }: { readonly name: string; readonly key: KeyObject; readonly atSeconds: number },
): string {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(atSeconds))
  const signature = sign(null, cosignedBytes(checkpoint, atSeconds), key)
  return signatureLine(name, keyId(name, cosignatureV1, key), Buffer.concat([time, signature]))
}

/** When a witness cosigned this checkpoint, in seconds; `undefined` where the line is no cosignature of its key. */
export function readCosignature(
  checkpoint: Checkpoint,
  line: string,
  { name, key }: { readonly name: string; readonly key: KeyObject },
): number | undefined {
  const [found] = readSignatures(line)
  if (found?.name !== name || !found.id.equals(keyId(name, cosignatureV1, key))) return undefined
  if (found.signature.length !== 72) return undefined
  const atSeconds = Number(found.signature.readBigUInt64BE(0))
  const bytes = cosignedBytes(checkpoint, atSeconds)
  return verify(null, bytes, key, found.signature.subarray(8)) ? atSeconds : undefined
}

function cosignedBytes(checkpoint: Checkpoint, atSeconds: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${atSeconds}\n${checkpointBody(checkpoint)}`)
}

/** The first four bytes of `SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key)` (C2SP signed-note). */
function keyId(name: string, algorithm: number, key: KeyObject): Buffer {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([algorithm]))
    .update(Buffer.from(rawPublicKey(key), 'base64url'))
    .digest()
    .subarray(0, 4)
}

function signatureLine(name: string, id: Buffer, signature: Buffer): string {
  return `— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`
}

function readSignatures(text: string): { name: string; id: Buffer; signature: Buffer }[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', encoded = ''] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    const bytes = Buffer.from(encoded, 'base64')
    return bytes.length > 4 ? [{ name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) }] : []
  })
}
