import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SdkError } from '../errors.ts'

/**
 * Makes sure that one sync at a time works on a state folder. A lock whose process is gone counts for nothing.
 * @returns gives the folder free again
 * @throws {SdkError} `sync-running` when another process syncs from this folder
 */
export async function lockState(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'sync.lock')
  const take = () => writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 })
  try {
    await take()
  } catch {
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'))
    if (isAlive(holder)) throw new SdkError('sync-running', `Process ${holder} works on ${folder}.`)
    await rm(path, { force: true })
    await take().catch(() => {
      throw new SdkError('sync-running', `Another process has just begun on ${folder}.`)
    })
  }
  return () => rm(path, { force: true })
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process: alive all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
