import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { NationPorts } from './options.ts'

/** What keeps a nation from starting, said so that its operator can act on it. */
export class StartRefusal extends Error {}

/**
 * Makes sure that one copy runs on a folder.
 * @returns gives the folder free again
 * @throws {StartRefusal} when another copy runs
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'running.pid')
  const holder = Number(await readFile(path, 'utf8').catch(() => '0'))
  if (holder > 0 && holder !== process.pid && isAlive(holder))
    throw new StartRefusal(
      `A second copy is running on ${folder} (process ${holder}). Use that one, stop it with Ctrl-C, or give this one another --folder and other ports.`,
    )
  // Left by a copy that was killed.
  await rm(path, { force: true })
  const file = await open(path, 'wx').catch(() => {
    throw new StartRefusal(`A second copy is starting on ${folder} right now.`)
  })
  await file.writeFile(String(process.pid))
  await file.close()
  return () => rm(path, { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process: alive all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Makes sure that every port is free.
 * @throws {StartRefusal} naming each port that is taken, what it is for and the flag that moves it
 */
export async function checkPorts({ api, authorization, custodian, edges }: NationPorts): Promise<void> {
  const wanted: readonly [port: number, use: string, flag: string][] = [
    [api, 'the API', '--api-port'],
    [authorization, 'the authorization server', '--auth-port'],
    [custodian, 'the custodian', '--custodian-port'],
    ...edges.map((port): [number, string, string] => [port, 'an edge', '--edge-port']),
  ]
  const taken: string[] = []
  for (const [port, use, flag] of wanted)
    if (!(await isFree(port)))
      taken.push(`Port ${port} for ${use} is taken: free it, or choose another with ${flag}.`)
  if (taken.length > 0) throw new StartRefusal(taken.join('\n'))
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
