import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SdkError } from '../errors.ts'
import { takeLockFile } from '../lock-file.ts'

/**
 * Makes sure that one sync at a time works on a state folder.
 * @returns gives the folder free again
 * @throws {SdkError} `sync-running` when another process syncs from this folder
 */
export async function lockState(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lock = await takeLockFile(join(folder, 'sync.lock'))
  if (lock.isTaken) return lock.release
  const who = lock.holder === undefined ? 'Another process has just begun' : `Process ${lock.holder} works`
  throw new SdkError('sync-running', `${who} on ${folder}.`)
}
