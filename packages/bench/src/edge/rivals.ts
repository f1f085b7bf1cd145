import { join } from 'node:path'
import {
  findFreePort,
  listedImei,
  type RunningProgram,
  runProgram,
  startPostgres,
  withClient,
} from '@pcbs/dev-nation'
import { fillRedis, startRedis } from '../redis/server.ts'

/** A server that answers the same checks in another way. */
export interface Rival {
  readonly name: 'postgres' | 'redis'
  readonly port: number
  stop(): Promise<void>
}

/** Starts what one would do otherwise, each with the same list: PostgreSQL, and Redis where it is installed. */
export async function startRivals(folder: string, entries: number): Promise<readonly Rival[]> {
  const rivals: Rival[] = [await startPostgresRival(folder, entries)]
  const redis = await startRedis()
  if (!redis) return rivals
  await fillRedis(redis.port, entries, listedImei)
  const { program, port } = await startServer(folder, 'redis', String(redis.port))
  rivals.push({
    name: 'redis',
    port,
    async stop() {
      await program.stop()
      await redis.stop()
    },
  })
  return rivals
}

async function startPostgresRival(folder: string, entries: number): Promise<Rival> {
  const postgres = await startPostgres({
    dataFolder: join(folder, 'postgres'),
    port: await findFreePort(),
    password: 'bench',
    settings: { shared_buffers: '1GB', max_wal_size: '4GB' },
  })
  await withClient(postgres.url(), async (client) => {
    await client.query('CREATE TABLE list_entry (imei bigint, status text NOT NULL)')
    await client.query(
      `INSERT INTO list_entry SELECT 35000000000000 + n * 1009, 'PROHIBITED' FROM generate_series(0, $1::bigint - 1) AS n`,
      [entries],
    )
    await client.query('ALTER TABLE list_entry ADD PRIMARY KEY (imei)')
    await client.query('VACUUM ANALYZE list_entry')
  })
  const { program, port } = await startServer(folder, 'postgres', postgres.url())
  return {
    name: 'postgres',
    port,
    async stop() {
      await program.stop()
      await postgres.remove()
    },
  }
}

async function startServer(
  folder: string,
  kind: Rival['name'],
  at: string,
): Promise<{ program: RunningProgram; port: number }> {
  const port = await findFreePort()
  const program = await runProgram({
    name: `${kind} server`,
    module: new URL('./rival-server.ts', import.meta.url),
    arguments: [String(port), kind, at],
    logFile: join(folder, `${kind}.log`),
    environment: {},
  })
  return { program, port }
}
