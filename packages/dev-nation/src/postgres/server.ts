import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { findPostgresBinaries, type PostgresBinaries } from './binaries.ts'
import { findServerUser, makeDataFolder, makeRunnable, removeDataFolder, type SystemUser } from './run-as.ts'

/** Where and how to run the embedded server. */
export interface PostgresOptions {
  readonly dataFolder: string
  readonly port: number
  /** The superuser's password; used when the folder is first made, and to connect. */
  readonly password: string
  /** Settings beside ours, such as `{ fsync: 'off' }` for tests. */
  readonly settings?: Readonly<Record<string, string>>
  /** Receives the server's log, line by line. */
  readonly onLog?: (line: string) => void
}

/** A running server. */
export interface PostgresServer {
  /** The superuser's connection to a database. */
  url(database?: string): string
  /**
   * Fast shutdown; open connections are cut, nothing committed is lost. What takes longer than `patienceMs` ends at once
   * and recovers from its log at the next start.
   */
  stop(patienceMs?: number): Promise<void>
  /** Settles when the process has ended, whatever the reason. */
  readonly ended: Promise<void>
  readonly pid: number
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>
  /** Stops the server and deletes its data. */
  remove(): Promise<void>
}

/** No value of any statement reaches the log; the server listens on loopback alone. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
}

/**
 * Starts the embedded PostgreSQL, making its data folder first where there is none.
 * @throws {Error} with the server's last words when it does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const user = await findServerUser()
  const binaries = await makeRunnable(findPostgresBinaries(), user)
  const dataFolder = await makeDataFolder(options.dataFolder, user)
  if (!existsSync(join(dataFolder, 'PG_VERSION')))
    await initialise(binaries, dataFolder, { user, password: options.password })
  await stopOrphan(dataFolder)

  const server = await startServer(() => {
    const flags = Object.entries({ ...settings, port: String(options.port), ...options.settings })
    return spawn(
      binaries.postgres,
      ['-D', dataFolder, ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      {
        ...user,
        cwd: '/',
        // Its own process group: Ctrl-C reaches us alone, and we stop it last.
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
  }, options.onLog)
  const ended = once(server, 'exit').then(() => {})
  const stop = async (patienceMs = longestStopMs) => {
    // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
    server.kill('SIGINT')
    const hurry = setTimeout(() => server.kill('SIGQUIT'), patienceMs)
    await ended
    clearTimeout(hurry)
  }
  if (server.pid === undefined) throw new Error('PostgreSQL has no process')
  return {
    url: (database = 'postgres') =>
      `postgres://postgres:${options.password}@127.0.0.1:${options.port}/${database}`,
    stop,
    async kill() {
      server.kill('SIGKILL')
      await ended
    },
    async remove() {
      await stop()
      await removeDataFolder(options.dataFolder)
    },
    ended,
    pid: server.pid,
  }
}

async function initialise(
  { initdb }: PostgresBinaries,
  dataFolder: string,
  { user, password }: { user: SystemUser | undefined; password: string },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-init-'))
  try {
    const passwordFile = join(folder, 'password')
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
    if (user) {
      await Promise.all([folder, passwordFile].map((path) => chown(path, user.uid, user.gid)))
    }
    const flags = [
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ]
    const child = spawn(initdb, [`--pgdata=${dataFolder}`, `--pwfile=${passwordFile}`, ...flags], {
      ...user,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`PostgreSQL could not make its data folder: ${complaint.trim()}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Stops a server that still runs on this folder because whoever started it was killed. */
async function stopOrphan(dataFolder: string): Promise<void> {
  const [line = ''] = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(line)
  if (!Number.isInteger(pid) || pid <= 0) return
  try {
    process.kill(pid, 'SIGINT')
    for (;;) {
      await delay(50)
      process.kill(pid, 0)
    }
  } catch {
    // It is gone, or its number is somebody else's by now: PostgreSQL itself refuses a folder in use.
  }
}

/** How long a fast shutdown may write what is in memory to the disk, where nobody waits. */
const longestStopMs = 60_000

/** How often a start is tried while what a crash left behind still holds the folder. */
const startAttempts = 50
const startPauseMs = 200

/** A killed server's processes hold its shared memory until they notice; then its folder is free. */
async function startServer(
  launch: () => ChildProcess,
  onLog: ((line: string) => void) | undefined,
): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt++) {
    const server = launch()
    try {
      await becomeReady(server, onLog)
      return server
    } catch (error) {
      const isHeld = error instanceof Error && error.message.includes('is still in use')
      if (!isHeld || attempt === startAttempts) throw error
      await delay(startPauseMs)
    }
  }
}

function becomeReady(server: ChildProcess, onLog: ((line: string) => void) | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const lastWords: string[] = []
    if (!server.stderr) throw new Error('PostgreSQL was started without a log')
    createInterface({ input: server.stderr }).on('line', (line) => {
      onLog?.(line)
      lastWords.push(line)
      if (lastWords.length > 5) lastWords.shift()
      if (line.includes('database system is ready to accept connections')) resolve()
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`PostgreSQL ended at once: ${lastWords.join('; ')}`)))
  })
}
