import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, cp, lstat, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type PostgresBinaries, postgresAt } from './binaries.ts'

/** Another user of this machine. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

/** Where root's embedded server keeps what its user must reach when the checkout is closed to that user. */
const sharedHome = '/var/lib/pcbs'

/**
 * Who runs the server: PostgreSQL refuses root, so under root it is `postgres`, or `nobody` where there is
 * no such user; otherwise whoever runs us (`undefined`).
 */
export async function findServerUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const account = ['postgres', 'nobody'].flatMap((name) => accounts.filter(([login]) => login === name))[0]
  if (!account)
    throw new Error('running as root, and there is neither a user postgres nor nobody to run PostgreSQL as')
  return { uid: Number(account[2]), gid: Number(account[3]) }
}

/** The programs, copied to where the server's user can run them if it cannot run them in place. */
export async function makeRunnable(
  binaries: PostgresBinaries,
  user: SystemUser | undefined,
): Promise<PostgresBinaries> {
  await Promise.all([binaries.initdb, binaries.postgres].map((file) => chmod(file, 0o755).catch(() => {})))
  if (!user || canRun(binaries, user)) return binaries
  const copy = postgresAt(join(sharedHome, `postgres-${digest(binaries.root)}`))
  if (!existsSync(copy.postgres)) {
    await openSharedHome()
    await cp(binaries.root, copy.root, { recursive: true, verbatimSymlinks: true })
  }
  if (!canRun(copy, user)) throw new Error(`the user that runs PostgreSQL cannot run it from ${copy.root}`)
  return copy
}

/**
 * Makes the data folder, owned by the server's user. Where that user cannot reach it, the folder lies
 * elsewhere and a link stands in its place.
 */
export async function makeDataFolder(folder: string, user: SystemUser | undefined): Promise<string> {
  if (!user) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return folder
  }
  await mkdir(dirname(folder), { recursive: true })
  const home = canEnter(dirname(folder), user) ? folder : join(sharedHome, `data-${digest(folder)}`)
  if (home !== folder) await openSharedHome()
  await mkdir(home, { recursive: true, mode: 0o700 })
  if (home !== folder && !(await lstat(folder).catch(() => undefined))) await symlink(home, folder)
  await chown(home, user.uid, user.gid)
  return home
}

/** Removes a data folder, and what its link led to. */
export async function removeDataFolder(folder: string): Promise<void> {
  await rm(join(sharedHome, `data-${digest(folder)}`), { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
}

/** Lets the server's user pass through; what lies inside has its own owners. */
async function openSharedHome(): Promise<void> {
  await mkdir(sharedHome, { recursive: true })
  await chmod(sharedHome, 0o755)
}

function canRun({ postgres, initdb }: PostgresBinaries, user: SystemUser): boolean {
  return [postgres, initdb].every(
    (program) => spawnSync(program, ['--version'], { ...user, cwd: '/' }).status === 0,
  )
}

function canEnter(folder: string, user: SystemUser): boolean {
  return spawnSync('test', ['-x', folder], { ...user, cwd: '/' }).status === 0
}

function digest(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}
