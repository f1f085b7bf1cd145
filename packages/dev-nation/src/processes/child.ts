import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A program of ours to run in a process of its own. */
export interface Program {
  readonly name: string
  readonly module: URL
  readonly environment: Readonly<Record<string, string>>
  /** Receives what it prints. */
  readonly logFile: string
  readonly arguments?: readonly string[]
  /** Flags of Node's own. */
  readonly nodeFlags?: readonly string[]
  /** Gives a start up: when it aborts before the program is ready, the program is killed. */
  readonly signal?: AbortSignal | undefined
}

/** A running program. */
export interface RunningProgram {
  readonly name: string
  readonly pid: number
  /** Settles when the process has ended, whatever the reason. */
  readonly ended: Promise<void>
  /** Asks it to stop and waits; after a while it is killed. */
  stop(): Promise<void>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Waits until it has said this over its IPC channel. */
  waitFor(message: string): Promise<void>
  /** Waits until it has said one of these, and gives which. */
  waitForFirst<Message extends string>(messages: readonly Message[]): Promise<Message>
}

/** No signal from outside starts the inspector, through which everything in memory could be read. */
const hardeningFlags: readonly string[] = ['--disable-sigusr1']

/** Starts a program without core dumps: a crash must not write what was in memory to a disk. */
const withoutCoreDumps = ['-c', 'ulimit -c 0; exec "$@"', 'sh'] as const

/** How long a program may take to stop by itself: ours take eight seconds at most. */
const stopPatienceMs = 8500

/**
 * Runs a program and waits until it says it is ready. It lives in a process group of its own, so that Ctrl-C
 * reaches us alone, and it stops by itself when our end of its IPC channel is gone.
 * @throws {Error} when it ends before it is ready; its log says why
 */
export async function runProgram(program: Program): Promise<RunningProgram> {
  const { name, module, environment, logFile, arguments: args = [], nodeFlags = [], signal } = program
  await mkdir(dirname(logFile), { recursive: true })
  const log = createWriteStream(logFile, { flags: 'a' })
  await once(log, 'open')
  const line = [process.execPath, ...hardeningFlags, ...nodeFlags, fileURLToPath(module), ...args]
  const isWindows = process.platform === 'win32'
  const [command = '', ...words] = isWindows ? line : ['/bin/sh', ...withoutCoreDumps, ...line]
  const child = spawn(command, words, {
    env: { ...inherited(), ...environment },
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  })
  const ended = once(child, 'exit').then(() => {
    log.close()
  })
  const giveUp = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', giveUp, { once: true })
  if (signal?.aborted) giveUp()
  await saidOrEnded(child, ['ready'], program).finally(() => signal?.removeEventListener('abort', giveUp))
  return {
    name,
    pid: child.pid ?? 0,
    ended,
    async stop() {
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs)
      await ended
      clearTimeout(killer)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async waitFor(message) {
      await saidOrEnded(child, [message], { name, logFile })
    },
    waitForFirst: (messages) => saidOrEnded(child, messages, { name, logFile }),
  }
}

/** No secret that happens to lie in our environment is handed on. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'TZ']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/** Resolves when a program says one of these words; rejects when it ends first. Words said before are lost. */
function saidOrEnded<Word extends string>(
  child: ChildProcess,
  words: readonly Word[],
  { name, logFile }: Pick<Program, 'name' | 'logFile'>,
): Promise<Word> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const said = words.find((word) => word === message)
      if (said !== undefined) resolve(said)
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`
      reject(new Error(`${name} ended before it was ${words.join(' or ')} (${how}): see ${logFile}`))
    })
  })
}
