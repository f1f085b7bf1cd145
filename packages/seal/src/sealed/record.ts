import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { contentLength, decodeContent, encodeContent, type SealedContent } from './content.ts'
import { decapsulate, type Encapsulation, encapsulate, encapsulationLength } from './hpke.ts'

/** A custodian without whom no record opens that was sealed to it. */
export interface SealingCustodian {
  readonly name: string
  /** Generation of its sealing key, 1 to 255. */
  readonly epoch: number
  /** X25519, 32 raw bytes in base64url. */
  readonly publicKey: string
}

/** Whose record it is. A record opens under no other: a ciphertext put in another's place is refused. */
export interface RecordOwner {
  readonly telco: string
  /** The subscription's first-layer token. */
  readonly token: Buffer
  /** Epoch of the key that made the token. */
  readonly epoch: number
}

/** One encapsulation per custodian, good for all records of a batch. */
export interface SealingBatch {
  readonly custodians: readonly SealingCustodian[]
  readonly encapsulations: readonly Encapsulation[]
}

const version = 1
const nonceLength = 12
const tagLength = 16
const headerLength = 3

/** Bytes of a record that is sealed to so many custodians. */
export function sealedRecordLength(custodians: number): number {
  return headerLength + custodians * (1 + encapsulationLength) + nonceLength + contentLength + tagLength
}

/** Characters of a record's wire form, base64url without padding. */
export function sealedTextLength(custodians: number): number {
  return Math.ceil((sealedRecordLength(custodians) * 4) / 3)
}

/** As many custodians as a record can have. */
export const maxCustodians = 4

/** Makes the encapsulations of a batch. */
export async function beginSealing(custodians: readonly SealingCustodian[]): Promise<SealingBatch> {
  const encapsulations = await Promise.all(
    custodians.map(({ name, publicKey }) => encapsulate(publicKey, batchInfo(name))),
  )
  return { custodians, encapsulations }
}

/**
 * Seals a person's data: `0x01 ‖ token epoch (1) ‖ custodians (1) ‖ each: key epoch (1) ‖ enc (32) ‖ nonce (12) ‖
 * AES-256-GCM of the content, with its tag (16)`, {@link ownerBytes} as additional data.
 * @returns `undefined` where the content is too long
 */
export function sealRecord(
  { custodians, encapsulations }: SealingBatch,
  owner: RecordOwner,
  content: SealedContent,
): Buffer | undefined {
  const plain = encodeContent(content)
  if (!plain) return undefined
  const key = recordKey(encapsulations.map(({ secret }) => recordShare(secret, owner)))
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(ownerBytes(owner))
  const lists = encapsulations.flatMap(({ enc }, place) => [
    Buffer.from([custodians[place]?.epoch ?? 0]),
    enc,
  ])
  const header = Buffer.from([version, owner.epoch, custodians.length])
  return Buffer.concat([header, ...lists, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** A sealed record's parts. */
export interface SealedRecord {
  readonly tokenEpoch: number
  /** In the policy's order of custodians. */
  readonly encapsulations: readonly { readonly keyEpoch: number; readonly enc: Buffer }[]
  readonly nonce: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** Takes a record's bytes apart; `undefined` for anything that {@link sealRecord} does not write. */
export function readSealedRecord(bytes: Buffer): SealedRecord | undefined {
  const [first, tokenEpoch = 0, count = 0] = bytes
  const isWhole =
    first === version &&
    tokenEpoch > 0 &&
    count > 0 &&
    count <= maxCustodians &&
    bytes.length === sealedRecordLength(count)
  if (!isWhole) return undefined
  let at = headerLength
  const take = (length: number) => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const encapsulations = Array.from({ length: count }, () => ({
    keyEpoch: take(1)[0] ?? 0,
    enc: take(encapsulationLength),
  }))
  return {
    tokenEpoch,
    encapsulations,
    nonce: take(nonceLength),
    ciphertext: take(contentLength),
    tag: take(tagLength),
  }
}

/** A custodian's part of one record's key: of no use for any other record. */
export function recordShare(secret: Uint8Array, owner: RecordOwner): Buffer {
  return createHmac('sha256', secret).update('share\0').update(ownerBytes(owner)).digest()
}

/** The share of an encapsulation, for the custodian whose private key it was made to. */
export async function openShare(
  { name, privateKey }: { readonly name: string; readonly privateKey: KeyObject },
  enc: Uint8Array,
  owner: RecordOwner,
): Promise<Buffer> {
  return recordShare(await decapsulate(privateKey, enc, batchInfo(name)), owner)
}

/** Opens a record with a share of every custodian, in order; `undefined` where one is wrong or the record is another's. */
export function openRecord(
  { nonce, ciphertext, tag }: SealedRecord,
  owner: RecordOwner,
  shares: readonly Buffer[],
): SealedContent | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', recordKey(shares), nonce)
      .setAAD(ownerBytes(owner))
      .setAuthTag(tag)
    return decodeContent(Buffer.concat([decipher.update(ciphertext), decipher.final()]))
  } catch {
    return undefined
  }
}

/** What two officers sign for, and what the custodians open: this record of this owner and no other. Hex. */
export function recordHash(record: Uint8Array, owner: RecordOwner): string {
  return createHash('sha256').update(ownerBytes(owner)).update(record).digest('hex')
}

/** `telco ‖ 0x00 ‖ token epoch (1) ‖ token (16)`. */
export function ownerBytes({ telco, token, epoch }: RecordOwner): Buffer {
  return Buffer.concat([Buffer.from(`${telco}\0`), Buffer.from([epoch]), token])
}

/** All shares make the key, and no less: `HMAC-SHA-256("pcbs-record-key-v1", share ‖ share ‖ …)`. */
function recordKey(shares: readonly Uint8Array[]): Buffer {
  return createHmac('sha256', 'pcbs-record-key-v1').update(Buffer.concat(shares)).digest()
}

function batchInfo(custodian: string): string {
  return `pcbs-sealed-batch-v1\0${custodian}`
}
