import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { rawPublicKey } from '../block-list/signature.ts'

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

/** A checkpoint as a signed note: body, empty line, signature lines. */
export function signCheckpoint(checkpoint: Checkpoint, key: KeyObject): string {
  const body = checkpointBody(checkpoint)
  const signature = sign(null, Buffer.from(body), key)
  return `${body}\n${signatureLine(checkpoint.origin, keyId(checkpoint.origin, ed25519, key), signature)}`
}

const bodyForm = /^([!-~]{1,200})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/

/** Reads a note's checkpoint if the log's key signed it; `undefined` otherwise. Other signatures are not looked at. */
export function openCheckpoint(note: string, origin: string, key: KeyObject): Checkpoint | undefined {
  const split = note.indexOf('\n\n')
  if (split < 0) return undefined
  const body = note.slice(0, split + 1)
  const match = bodyForm.exec(body)
  if (match?.[1] !== origin) return undefined
  const own = keyId(origin, ed25519, key)
  const isSigned = readSignatures(note.slice(split + 2)).some(
    ({ name, id, signature }) =>
      name === origin &&
      id.equals(own) &&
      signature.length === 64 &&
      verify(null, Buffer.from(body), key, signature),
  )
  if (!isSigned) return undefined
  const root = Buffer.from(match[3] ?? '', 'base64')
  const checkpoint = { origin, size: Number(match[2]), root }
  return checkpointBody(checkpoint) === body ? checkpoint : undefined
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
