import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Checkpoint,
  cosignCheckpoint,
  isConsistent,
  type OpenedCheckpoint,
  openCheckpoint,
} from '@pcbs/seal'
import type { TelcoConfiguration } from '../adapter/configuration.ts'
import { expectAnswer, type RegistryClient } from '../client/client.ts'
import { SdkError } from '../errors.ts'
import { remember } from '../remember.ts'
import { countWindows, isWindowIntact, windowEntries } from './windows.ts'

/** Who follows the log, and where they remember it. */
export type LogFollower = Pick<
  TelcoConfiguration,
  'telco' | 'registryUrl' | 'privateKey' | 'listRoot' | 'stateFolder'
>

/**
 * Looks at the registry's transparency log: its newest checkpoint must be signed by a key that the custodian's root
 * vouches for and go on from the last one seen here, and entries must be those under it. What is seen is remembered and
 * cosigned.
 * @returns the checkpoint, or `undefined` where the log is still empty
 * @throws {SdkError} `log-forked` when the registry shows another history than before: send it nothing more
 */
export async function followLog(
  client: RegistryClient,
  follower: LogFollower,
): Promise<Checkpoint | undefined> {
  const path = join(follower.stateFolder, 'log-checkpoint')
  const origin = `${new URL(follower.registryUrl).host}/pcbs-log`
  const seen = await readSeen(path, origin, follower.listRoot)
  const answer = await client.GET('/v1/log/checkpoint')
  if (answer.response.status === 404 && !seen) return undefined
  if (answer.response.status === 404) throw forked('it shows no log any more')
  const { note } = expectAnswer(answer)
  const checkpoint = openCheckpoint(note, origin, follower.listRoot)
  if (!checkpoint) throw forked('its checkpoint is not signed by the custodian')
  if (seen) await checkGoesOn(client, seen, checkpoint)
  await checkEntries(client, checkpoint, join(follower.stateFolder, 'log-window'))
  await remember(path, note)
  await cosign(client, follower, checkpoint)
  return checkpoint
}

async function checkGoesOn(
  client: RegistryClient,
  seen: OpenedCheckpoint,
  next: OpenedCheckpoint,
): Promise<void> {
  if (next.keyEpoch < seen.keyEpoch) throw forked('it is signed with a key that is no longer in use')
  if (next.size < seen.size) throw forked(`it had ${seen.size} entries and shows ${next.size}`)
  const query = { from: seen.size, to: next.size }
  const { hashes } = expectAnswer(await client.GET('/v1/log/consistency', { params: { query } }))
  const proof = hashes.map((hash) => Buffer.from(hash, 'base64'))
  if (!isConsistent(seen, next, proof)) throw forked(`its first ${seen.size} entries are others than before`)
}

/** Looks at the newest entries, and in turn at all others: at every sync at all of a log that has two windows or less. */
async function checkEntries(client: RegistryClient, checkpoint: Checkpoint, turnFile: string): Promise<void> {
  const windows = countWindows(checkpoint.size)
  const turn = Number(await readFile(turnFile, 'utf8').catch(() => '0')) % Math.max(1, windows)
  for (const window of new Set([windows - 1, turn]))
    if (window >= 0 && !(await isWindowIntact(client, checkpoint, window)))
      throw forked(`an entry from ${window * windowEntries} on was changed`)
  await remember(turnFile, String(turn + 1))
}

async function cosign(
  client: RegistryClient,
  { telco, privateKey }: LogFollower,
  checkpoint: Checkpoint,
): Promise<void> {
  const line = cosignCheckpoint(checkpoint, {
    name: telco,
    key: privateKey,
    atSeconds: Math.floor(Date.now() / 1000),
  })
  const answer = await client.POST('/v1/log/cosignatures', { body: { size: checkpoint.size, line } })
  if (answer.error) expectAnswer(answer)
}

async function readSeen(path: string, origin: string, key: KeyObject): Promise<OpenedCheckpoint | undefined> {
  const note = await readFile(path, 'utf8').catch(() => undefined)
  return note === undefined ? undefined : openCheckpoint(note, origin, key)
}

function forked(detail: string): SdkError {
  return new SdkError(
    'log-forked',
    `${detail}. Tell the data-protection authority, and keep the state folder.`,
  )
}
