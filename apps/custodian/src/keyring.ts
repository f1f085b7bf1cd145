import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { deriveKey, type KeyPurpose } from '@pcbs/seal'

/** Where the master keys live. A file here; an HSM in production. */
export interface Keyring {
  /** The generation of derived keys in use. */
  readonly epoch: number
  /** Derives the key of this purpose and owner in the current epoch, 32 bytes. */
  derive(purpose: KeyPurpose, owner: string): Buffer
  /** The root that signs delegations of the block list's key; Ed25519. */
  readonly listRoot: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
}

interface KeyringFile {
  readonly format: 'pcbs-keyring-v1'
  readonly epoch: number
  /** 32 bytes, base64url. */
  readonly master: string
  /** PKCS #8 PEM. */
  readonly listRoot: string
}

/**
 * Opens the keyring file, making it on the first start.
 * @throws {Error} when others can read the file, or when it is not a keyring: the custodian must not run then
 */
export async function openFileKeyring(path: string): Promise<Keyring> {
  await createIfMissing(path)
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    throw new Error(
      `the keyring ${path} is open to other users (mode ${(mode & 0o777).toString(8)}): chmod 600 it, and rotate its keys if others may have read it`,
    )
  }
  const { epoch, master, listRoot } = parseKeyring(await readFile(path, 'utf8'), path)
  const masterKey = Buffer.from(master, 'base64url')
  const privateKey = createPrivateKey(listRoot)
  return {
    epoch,
    derive: (purpose, owner) => deriveKey(masterKey, { purpose, owner, epoch }),
    listRoot: { privateKey, publicKey: createPublicKey(privateKey) },
  }
}

/** Written aside and linked into place: a crash leaves no half keyring, and nobody overwrites a whole one. */
async function createIfMissing(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return
  const content: KeyringFile = {
    format: 'pcbs-keyring-v1',
    epoch: 1,
    master: randomBytes(32).toString('base64url'),
    listRoot: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
  const aside = `${path}.${process.pid}`
  const file = await open(aside, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`)
    await file.sync()
    await file.close()
    await link(aside, path)
  } finally {
    await rm(aside, { force: true })
  }
}

function parseKeyring(text: string, path: string): KeyringFile {
  try {
    const content = JSON.parse(text) as Partial<KeyringFile>
    if (content.format === 'pcbs-keyring-v1' && content.master && content.listRoot && content.epoch)
      return content as KeyringFile
  } catch {
    // Said below, without the text: it is a key.
  }
  throw new Error(
    `${path} is not a keyring: restore it from its backup; making a new one would orphan every token`,
  )
}
