import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FeedKind } from '../feeds/source-rows.ts'
import { foldValues, type StateLine } from './state-line.ts'

/** 15 million rows are 60,000 a bucket: some ten megabytes in memory at a time, whatever the whole. */
export const bucketCount = 256

/** Characters held back before they are written. */
const pendingLimit = 8 * 1024 * 1024

/** Spreads rows over bucket files by their key, so that two states can be compared a bucket at a time. */
export class BucketWriter {
  readonly #folder: string
  readonly #pending: string[] = Array.from({ length: bucketCount }, () => '')
  #pendingLength = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Begins a state in an empty folder. */
  static async begin(folder: string): Promise<BucketWriter> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return new BucketWriter(folder)
  }

  /** Adds a row. */
  async add({ key, value }: StateLine): Promise<void> {
    const bucket = bucketOf(key)
    this.#pending[bucket] += `${key}\t${value}\n`
    this.#pendingLength += key.length + value.length + 2
    if (this.#pendingLength > pendingLimit) await this.flush()
  }

  /** Writes what is held back. */
  async flush(): Promise<void> {
    for (const [bucket, text] of this.#pending.entries()) {
      if (text === '') continue
      await appendFile(bucketFile(this.#folder, bucket), text, { mode: 0o600 })
      this.#pending[bucket] = ''
    }
    this.#pendingLength = 0
  }
}

/** A bucket's rows, those of one key folded into one; none where there is no file. */
export async function readBucket(
  folder: string,
  bucket: number,
  kind: FeedKind,
): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>()
  const text = await readFile(bucketFile(folder, bucket), 'latin1').catch(() => '')
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t')
    if (tab < 0) continue
    const [key, value] = [line.slice(0, tab), line.slice(tab + 1)]
    const known = rows.get(key)
    rows.set(key, known === undefined ? value : foldValues(kind, known, value))
  }
  return rows
}

function bucketFile(folder: string, bucket: number): string {
  return join(folder, `${bucket.toString(16).padStart(2, '0')}.rows`)
}

/** Keys are tokens, even already: a simple sum over the characters spreads them. */
function bucketOf(key: string): number {
  let sum = 0
  for (let at = 0; at < key.length; at++) sum = (Math.imul(sum, 31) + key.charCodeAt(at)) | 0
  return (sum ^ (sum >>> 16)) & (bucketCount - 1)
}
