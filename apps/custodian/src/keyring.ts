import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import {
  delegateLogKey,
  deriveKey,
  type KeyPurpose,
  type LogKey,
  makeSealingKey,
  readSealingKey,
  type SealingKey,
} from '@pcbs/seal'
import { replaceFile, syncName } from './durable-file.ts'

/** Where the master keys live. A file here; an HSM in production. */
export interface Keyring {
  /** The generation of token keys in use, as it is now. */
  tokenEpoch(): Promise<number>
  /** Derives the key of this purpose and owner, 32 bytes. */
  derive(purpose: KeyPurpose, owner: string, epoch: number): Buffer
  /** The root that signs delegations of the block list's key and the log's, and collection policies; Ed25519. */
  readonly listRoot: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  /** The key that signs the transparency log's checkpoints, as it is now. */
  logKey(): Promise<LogKey & { readonly epoch: number }>
  /** The keys that records are sealed to, as they are now: oldest first, the last in use, none that was destroyed. */
  sealingKeys(): Promise<readonly SealingEpoch[]>
}

/** A generation of the sealing key. */
export interface SealingEpoch extends SealingKey {
  /** From 1 to 255. */
  readonly epoch: number
}

/** An epoch is one byte. */
const lastEpoch = 255

/** A private key of a generation, PKCS #8 PEM. */
interface KeptKey {
  readonly epoch: number
  readonly privateKey: string
}

interface KeyringFile {
  readonly format: 'pcbs-keyring-v1'
  readonly epoch: number
  /** 32 bytes, base64url. */
  readonly master: string
  /** PKCS #8 PEM. */
  readonly listRoot: string
  /** Random, not derived: what was sealed to a key is unreadable once the key is destroyed. */
  readonly sealing: readonly KeptKey[]
  readonly log: KeptKey
}

/**
 * Opens the keyring file, making it on the first start.
 * @throws {Error} when others can read the file, or when it is not a keyring: the custodian must not run then
 */
export async function openFileKeyring(path: string): Promise<Keyring> {
  await createIfMissing(path)
  const { master, listRoot } = await readKeyring(path)
  const masterKey = Buffer.from(master, 'base64url')
  const privateKey = createPrivateKey(listRoot)
  return {
    async tokenEpoch() {
      const { epoch } = await readKeyring(path)
      return epoch
    },
    derive: (purpose, owner, epoch) => deriveKey(masterKey, { purpose, owner, epoch }),
    listRoot: { privateKey, publicKey: createPublicKey(privateKey) },
    async logKey() {
      const { log } = await readKeyring(path)
      const own = createPrivateKey(log.privateKey)
      const claim = { epoch: log.epoch, publicKey: createPublicKey(own) }
      return { epoch: log.epoch, privateKey: own, delegation: delegateLogKey(privateKey, claim) }
    },
    // Read anew each time, so that a key is rotated or destroyed without a restart.
    async sealingKeys() {
      const { sealing } = await readKeyring(path)
      return sealing.map((key) => ({ epoch: key.epoch, ...readSealingKey(key.privateKey) }))
    },
  }
}

/** Takes the next generation of token keys into use; those before stay known. Gives its epoch. */
export async function rotateTokenKeys(path: string): Promise<number> {
  const content = await readKeyring(path)
  const epoch = epochAfter(content.epoch, 'generations of token keys')
  await replaceKeyring(path, { ...content, epoch })
  return epoch
}

/** Takes another key for the log's checkpoints; the root vouches for it from then on. Gives its epoch. */
export async function rotateLogKey(path: string): Promise<number> {
  const content = await readKeyring(path)
  const epoch = epochAfter(content.log.epoch, 'log keys')
  await replaceKeyring(path, { ...content, log: newSigningKey(epoch) })
  return epoch
}

/** Makes the next sealing key; what was sealed to the ones before stays readable. Gives its epoch. */
export async function rotateSealingKey(path: string): Promise<number> {
  const content = await readKeyring(path)
  const epoch = epochAfter(Math.max(...content.sealing.map((key) => key.epoch), 0), 'sealing keys')
  await replaceKeyring(path, { ...content, sealing: [...content.sealing, newSealingKey(epoch)] })
  return epoch
}

/**
 * Destroys a sealing key: nothing that was sealed to it can be opened again. Backups of the keyring must go too.
 * @throws {Error} where there is no such key, or it is the one in use
 */
export async function destroySealingKey(path: string, epoch: number): Promise<void> {
  const content = await readKeyring(path)
  if (!content.sealing.some((key) => key.epoch === epoch)) throw new Error(`there is no sealing key ${epoch}`)
  if (content.sealing.at(-1)?.epoch === epoch)
    throw new Error(`sealing key ${epoch} is in use: rotate it and publish a policy that names the next one`)
  await replaceKeyring(path, { ...content, sealing: content.sealing.filter((key) => key.epoch !== epoch) })
}

function epochAfter(epoch: number, what: string): number {
  if (epoch >= lastEpoch) throw new Error(`there are at most ${lastEpoch} ${what}`)
  return epoch + 1
}

function newSigningKey(epoch: number): KeptKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { epoch, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function newSealingKey(epoch: number): KeptKey {
  const { privateKey } = makeSealingKey()
  return { epoch, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

async function readKeyring(path: string): Promise<KeyringFile> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    throw new Error(
      `the keyring ${path} is open to other users (mode ${(mode & 0o777).toString(8)}): chmod 600 it, and rotate its keys if others may have read it`,
    )
  }
  // Twice: a key that is rotated just now leaves the old file behind, overwritten.
  const content = parseKeyring(await readFile(path, 'utf8')) ?? parseKeyring(await readFile(path, 'utf8'))
  if (content) return content
  throw new Error(
    `${path} is not a keyring: restore it from its backup; making a new one would orphan every token`,
  )
}

/** Whole or not at all; the old file's bytes are overwritten once the new one is on disk. */
async function replaceKeyring(path: string, content: KeyringFile): Promise<void> {
  const old = await open(path, 'r+')
  try {
    await replaceFile(path, toText(content))
    const { size } = await old.stat()
    await old.write(Buffer.alloc(size), 0, size, 0)
    await old.sync()
  } finally {
    await old.close()
  }
}

function toText(content: KeyringFile): string {
  return `${JSON.stringify(content, null, 2)}\n`
}

/** Written aside and linked into place: a crash leaves no half keyring, and nobody overwrites a whole one. */
async function createIfMissing(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return
  const content: KeyringFile = {
    format: 'pcbs-keyring-v1',
    epoch: 1,
    master: randomBytes(32).toString('base64url'),
    listRoot: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    sealing: [newSealingKey(1)],
    log: newSigningKey(1),
  }
  const aside = `${path}.${process.pid}`
  try {
    await replaceFile(aside, toText(content))
    await link(aside, path)
    await syncName(path)
  } finally {
    await rm(aside, { force: true })
  }
}

function parseKeyring(text: string): KeyringFile | undefined {
  try {
    const content = JSON.parse(text) as Partial<KeyringFile>
    const { format, master, listRoot, epoch, sealing, log } = content
    const isWhole = format === 'pcbs-keyring-v1' && master && listRoot && epoch && sealing && log
    return isWhole ? (content as KeyringFile) : undefined
  } catch {
    return undefined
  }
}
