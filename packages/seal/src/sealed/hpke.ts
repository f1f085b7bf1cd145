import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'

/** HPKE (RFC 9180) as we use it everywhere: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode. */
const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)

/** Bytes of an encapsulated secret, and of a public key. */
export const encapsulationLength = 32

/** What every secret is exported under (RFC 9180 §5.3). */
const exporterContext = Buffer.from('pcbs-sealed-batch-v1')
const exporterLength = 32

/** A secret that the sender shares with one recipient, and what lets the recipient find it. */
export interface Encapsulation {
  /** RFC 9180's `enc`. */
  readonly enc: Buffer
  /** 32 bytes, exported from the context. */
  readonly secret: Buffer
}

/** Makes a secret that the holder of this X25519 key alone can find. */
export async function encapsulate(publicKey: string, info: string): Promise<Encapsulation> {
  const recipient = await suite.DeserializePublicKey(Buffer.from(publicKey, 'base64url'))
  const { encapsulatedSecret, ctx } = await suite.SetupSender(recipient, { info: Buffer.from(info) })
  const secret = await ctx.Export(exporterContext, exporterLength)
  return { enc: Buffer.from(encapsulatedSecret), secret: Buffer.from(secret) }
}

/** The secret of an encapsulation, for the holder of the private key. */
export async function decapsulate(privateKey: KeyObject, enc: Uint8Array, info: string): Promise<Buffer> {
  const recipient = await recipientOf(privateKey)
  const context = await suite.SetupRecipient(recipient, enc, { info: Buffer.from(info) })
  return Buffer.from(await context.Export(exporterContext, exporterLength))
}

/** A message that the holder of one key can read. */
export interface SealedMessage {
  /** base64url, as is the ciphertext. */
  readonly enc: string
  readonly ciphertext: string
}

/** What a message is for: both sides must name the same, or it does not open. */
export interface MessageContext {
  readonly info: string
  readonly aad: string
}

/** Seals a message to an X25519 key, 32 raw bytes in base64url. */
export async function sealMessage(
  publicKey: string,
  message: Uint8Array,
  { info, aad }: MessageContext,
): Promise<SealedMessage> {
  const recipient = await suite.DeserializePublicKey(Buffer.from(publicKey, 'base64url'))
  const { encapsulatedSecret, ciphertext } = await suite.Seal(recipient, message, {
    info: Buffer.from(info),
    aad: Buffer.from(aad),
  })
  return {
    enc: Buffer.from(encapsulatedSecret).toString('base64url'),
    ciphertext: Buffer.from(ciphertext).toString('base64url'),
  }
}

/**
 * Opens a message; `undefined` where it was sealed to another key or for another purpose, or was changed since.
 */
export async function openMessage(
  privateKey: KeyObject,
  { enc, ciphertext }: SealedMessage,
  { info, aad }: MessageContext,
): Promise<Buffer | undefined> {
  try {
    const recipient = await recipientOf(privateKey)
    const bytes = (text: string) => Buffer.from(text, 'base64url')
    const context = { info: Buffer.from(info), aad: Buffer.from(aad) }
    return Buffer.from(await suite.Open(recipient, bytes(enc), bytes(ciphertext), context))
  } catch {
    return undefined
  }
}

/** An X25519 key pair: the private half, and the public one as 32 raw bytes in base64url. */
export interface SealingKey {
  readonly privateKey: KeyObject
  readonly publicKey: string
}

/** Makes a key pair to which something can be sealed. */
export function makeSealingKey(): SealingKey {
  return sealingKeyOf(generateKeyPairSync('x25519').privateKey)
}

/** Both halves of a private key. */
export function sealingKeyOf(privateKey: KeyObject): SealingKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { privateKey, publicKey: x }
}

/** A private key from PKCS #8 PEM. */
export function readSealingKey(pem: string): SealingKey {
  return sealingKeyOf(createPrivateKey(pem))
}

/** Both halves in HPKE's own form: it would have to find the public one itself otherwise. */
async function recipientOf(key: KeyObject): Promise<Awaited<ReturnType<typeof suite.GenerateKeyPair>>> {
  const { d = '', x = '' } = key.export({ format: 'jwk' })
  const [privateKey, publicKey] = await Promise.all([
    suite.DeserializePrivateKey(Buffer.from(d, 'base64url')),
    suite.DeserializePublicKey(Buffer.from(x, 'base64url')),
  ])
  return { privateKey, publicKey }
}
