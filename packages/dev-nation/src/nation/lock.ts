import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { takeLockFile } from '@pcbs/sdk'
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
  const lock = await takeLockFile(join(folder, 'running.pid'))
  if (lock.isTaken) return lock.release
  if (lock.holder === undefined) throw new StartRefusal(`A second copy is starting on ${folder} right now.`)
  throw new StartRefusal(
    `A second copy is running on ${folder} (process ${lock.holder}). Use that one, stop it with Ctrl-C, or give this one another --folder and other ports.`,
  )
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
