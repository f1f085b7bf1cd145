import { createWriteStream } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Schemas } from '@pcbs/contract'
import { type OpenSnapshot, openSnapshot } from '@pcbs/seal'
import { expectAnswer } from '../client/client.ts'
import { SdkError } from '../errors.ts'
import { answerMs } from './answer-time.ts'
import type { FollowOptions } from './follow.ts'
import { checkPromise, type ListPosition, verifySnapshot } from './verify.ts'

/** A snapshot on this machine's disk that the registry signed. */
export interface ListSnapshot {
  /** Its file, for the copy to keep or to leave. */
  readonly path: string
  readonly opened: OpenSnapshot
  readonly position: ListPosition
}

/** A download that stands still for this long is begun again where it ended. */
const stallMs = 30_000

/**
 * Gets the registry's newest snapshot and checks it. A download that broke off goes on where it ended, at the next call
 * or after a restart; one that is there whole is not fetched again.
 * @returns `undefined` where there is none, or none that is newer than `after`
 * @throws {SdkError} `list-invalid` when it is not the signed one; it is deleted then
 */
export async function fetchSnapshot(
  { client, root, copy, signal }: Pick<FollowOptions, 'client' | 'root' | 'copy' | 'signal'>,
  after = 0,
): Promise<ListSnapshot | undefined> {
  const asked = await client.GET('/v1/block-list/snapshot', {
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  })
  if (asked.response.status === 404) return undefined
  const promised = expectAnswer(asked)
  checkPromise(root, promised)
  if (promised.head.seq <= after) return undefined
  const path = join(copy.folder, `list-${promised.head.seq}-${promised.digest.slice(0, 16)}.download`)
  await forgetOthers(copy.folder, path)
  await downloadOnce({ client, signal }, promised, path)
  const opened = openSnapshot(await readFile(path))
  try {
    if (!opened) throw new SdkError('list-invalid', 'The snapshot’s bytes are damaged.')
    return { path, opened, position: verifySnapshot(root, promised, opened) }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** What broke off of snapshots that are the newest no more is of no use. */
async function forgetOthers(folder: string, path: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const other = join(folder, name)
    if (/^list-.*\.download$/.test(name) && other !== path) await rm(other, { force: true })
  }
}

/** Downloads under way: two that write one file would spoil it. */
const underWay = new Map<string, Promise<void>>()

function downloadOnce(...[options, promised, path]: Parameters<typeof download>): Promise<void> {
  const running = underWay.get(path) ?? download(options, promised, path).finally(() => underWay.delete(path))
  underWay.set(path, running)
  return running
}

/** Brings a file up to the length that was promised. */
async function download(
  { client, signal }: Pick<FollowOptions, 'client' | 'signal'>,
  { head: { seq }, digest, bytes }: Schemas['BlockListSnapshot'],
  path: string,
): Promise<void> {
  const has = await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
  if (has === bytes) return
  const stalled = new AbortController()
  const over = AbortSignal.any([signal, stalled.signal])
  const alarm = setTimeout(() => stalled.abort(), stallMs)
  try {
    const { data, response } = await client.GET('/v1/block-list/snapshots/{seq}', {
      params: { path: { seq } },
      ...(has > 0 && has < bytes && { headers: { Range: `bytes=${has}-`, 'If-Range': `"${digest}"` } }),
      parseAs: 'stream',
      signal: over,
    })
    const body = data as ReadableStream<Uint8Array> | null | undefined
    if (!body) throw new SdkError('registry-away', `The snapshot was answered with ${response.status}.`)
    const file = createWriteStream(path, { flags: response.status === 206 ? 'a' : 'w', mode: 0o600 })
    await pipeline(
      Readable.fromWeb(body),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          alarm.refresh()
          yield chunk
        }
      },
      file,
      // A request that is long answered may not be there any more to hand the signal on.
      { signal: over },
    )
  } finally {
    clearTimeout(alarm)
  }
}
