import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '@pcbs/dev-nation'
import { RedisClient } from './client.ts'

/** A Redis of the bench's own, in memory alone. */
export interface RedisServer {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

/** Where the benches keep the list in Redis. */
export const redisKey = 'listed'

/** Starts a Redis; `undefined` where none is installed. */
export async function startRedis(): Promise<RedisServer | undefined> {
  if (spawnSync('redis-server', ['--version']).error) return undefined
  const port = await findFreePort()
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', flags, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  for (;;) {
    const client = await RedisClient.connect(port).catch(() => undefined)
    client?.close()
    if (client) break
    await delay(50)
  }
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const membersPerCommand = 5000

/** Puts IMEIs into the set. */
export async function fillRedis(
  port: number,
  count: number,
  imeiAt: (index: number) => string,
): Promise<void> {
  const client = await RedisClient.connect(port)
  for (let from = 0; from < count; from += membersPerCommand) {
    const length = Math.min(membersPerCommand, count - from)
    await client.send('SADD', redisKey, ...Array.from({ length }, (_, index) => imeiAt(from + index)))
  }
  client.close()
}
