import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  findFreePort,
  findRegistryPorts,
  startEdgeProcess,
  startPostgres,
  startRegistry,
  withClient,
} from '@pcbs/dev-nation'

const patienceMs = 300_000

/**
 * From the start of an edge that has nothing to its first answer, by a list of so many phones that it gets from the
 * registry; and how long the registry took to make the snapshot.
 */
export async function measureColdStart(
  entries: number,
): Promise<{ readonly snapshotMs: number; readonly coldStartMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-bench-'))
  const postgres = await startPostgres({
    dataFolder: join(folder, 'postgres'),
    port: await findFreePort(),
    password: 'bench',
    settings: { shared_buffers: '1GB', max_wal_size: '4GB' },
  })
  const registry = await startRegistry({
    folder,
    superuserUrl: postgres.url(),
    databaseName: 'registry',
    ports: await findRegistryPorts(),
    telcos: [{ code: 'telco-a', name: 'Telco A' }],
    apiEnvironment: { PCBS_SNAPSHOT_CHANGES: '1', PCBS_SNAPSHOT_INTERVAL_MS: '500' },
  })
  try {
    const startedMs = performance.now()
    await withClient(postgres.url('registry'), async (client) => {
      const head = randomBytes(32)
      await client.query('BEGIN')
      await client.query(
        `INSERT INTO list_entry (imei, status, seq, reason)
         SELECT 35000000000000 + n * 1009, 'PROHIBITED', $1, 'stolen' FROM generate_series(0, $1::bigint - 1) AS n`,
        [entries],
      )
      await client.query(
        `INSERT INTO list_change (seq, imei, status, at, case_id, head, reason)
         VALUES ($1, 35000000000000, 'PROHIBITED', now(), gen_random_uuid(), $2, 'stolen')`,
        [entries, head],
      )
      await client.query('UPDATE list_head SET seq = $1, head = $2', [entries, head])
      await client.query('COMMIT')
      await client.query('ANALYZE list_entry')
    })
    const filledMs = performance.now()
    process.stderr.write(`registry filled with ${entries} phones in ${Math.round(filledMs - startedMs)} ms\n`)
    await withClient(postgres.url('registry'), async (client) => {
      while ((await client.query('SELECT FROM list_snapshot')).rowCount === 0) {
        if (performance.now() - filledMs > patienceMs) throw new Error('the registry made no snapshot')
        await delay(100)
      }
    })
    const madeMs = performance.now()
    const site = { registry, telco: 'telco-a', folder: join(folder, 'telco-a') }
    const edge = await startEdgeProcess(site, { port: await findFreePort() })
    const coldStartMs = Math.round(performance.now() - madeMs)
    await edge.stop()
    return { snapshotMs: Math.round(madeMs - filledMs), coldStartMs }
  } finally {
    await registry.stop()
    await postgres.remove()
    await rm(folder, { recursive: true, force: true })
  }
}
