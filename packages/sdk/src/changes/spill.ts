import { appendFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Shares into which records are spread: of 15 million on each side, 60,000 a share are compared at a time. */
export const shares = 256

/** Bytes held back before anything is written: the changes of an ordinary day never are. */
const pendingLimit = 16 * 1024 * 1024

/** Records spread over shares by their key, in memory while they are few and in files when they are many. */
export class Spill {
  readonly #folder: string
  #pending: Buffer[][] = emptyShares()
  #pendingBytes = 0
  #isOnDisk = false

  /** @param folder where its files go, should there be any */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Adds a record. */
  async add(key: string, record: Buffer): Promise<void> {
    this.#pending[shareOf(key)]?.push(record)
    this.#pendingBytes += record.length
    if (this.#pendingBytes > pendingLimit) await this.#flush()
  }

  /** A share's records, in the order in which they came. */
  async read(share: number): Promise<Buffer> {
    const stored = this.#isOnDisk ? [await readFile(this.#file(share)).catch(() => Buffer.alloc(0))] : []
    return Buffer.concat([...stored, ...(this.#pending[share] ?? [])])
  }

  async #flush(): Promise<void> {
    if (!this.#isOnDisk) {
      await rm(this.#folder, { recursive: true, force: true })
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      this.#isOnDisk = true
    }
    for (const [share, records] of this.#pending.entries())
      if (records.length > 0) await appendFile(this.#file(share), Buffer.concat(records), { mode: 0o600 })
    this.#pending = emptyShares()
    this.#pendingBytes = 0
  }

  #file(share: number): string {
    return join(this.#folder, share.toString(16).padStart(2, '0'))
  }
}

function emptyShares(): Buffer[][] {
  return Array.from({ length: shares }, () => [])
}

/** Keys are sealed or tokens, so any sum over them spreads them evenly. */
function shareOf(key: string): number {
  let sum = 0
  for (let at = 0; at < key.length; at++) sum = (Math.imul(sum, 31) + key.charCodeAt(at)) | 0
  return (sum ^ (sum >>> 16)) & (shares - 1)
}
