import { readFile, rm, writeFile } from 'node:fs/promises'

/** A lock that was taken, or the process that holds it; `undefined` where another one has just taken it. */
export type LockOutcome =
  | { readonly isTaken: true; readonly release: () => Promise<void> }
  | { readonly isTaken: false; readonly holder: number | undefined }

/** Takes a lock file, for this process. A lock whose process is gone counts for nothing. */
export async function takeLockFile(path: string): Promise<LockOutcome> {
  const holder = Number(await readFile(path, 'utf8').catch(() => '0'))
  if (isAlive(holder)) return { isTaken: false, holder }
  await rm(path, { force: true })
  try {
    await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 })
  } catch {
    return { isTaken: false, holder: undefined }
  }
  return { isTaken: true, release: () => rm(path, { force: true }) }
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
