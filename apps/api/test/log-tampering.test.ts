import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { withClient } from '@pcbs/dev-nation'
import { followLog, type LogFollower, type RegistryClient } from '@pcbs/sdk'
import { encodeLogEntry, publicKeyFromRaw } from '@pcbs/seal'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startTestSystem, type TestSystem } from './harness.ts'

const entries = 10_000
const trials = 100
let system: TestSystem
let stateFolder: string

beforeAll(async () => {
  system = await startTestSystem(inject('postgresUrl'))
  stateFolder = await mkdtemp(join(tmpdir(), 'pcbs-tampering-'))
})
afterAll(async () => {
  await system.stop()
  await rm(stateFolder, { recursive: true })
})

/** Somebody who may do anything in the database, and has no key. */
function asAdministrator(work: Parameters<typeof withClient<void>>[1]): Promise<void> {
  const { pathname } = new URL(system.registry.ownerUrl)
  return withClient(Object.assign(new URL(inject('postgresUrl')), { pathname }).href, work)
}

async function followerOf(telco: 'telco-a' | 'telco-b'): Promise<[RegistryClient, LogFollower]> {
  const listRoot = publicKeyFromRaw(system.registry.listRoot)
  if (!listRoot) throw new Error('the custodian gave no root key')
  const privateKey = createPrivateKey(await readFile(system.registry.keyFile(telco, 'adapter')))
  const { apiUrl: registryUrl } = system.registry
  const follower = { telco, registryUrl, privateKey, listRoot, stateFolder: join(stateFolder, telco) }
  return [await system.client(telco, 'adapter'), follower]
}

/** What an administrator can do to an entry: each leaves every hash of the tree as it was. */
const tamperings = {
  edits: (at: number) =>
    `UPDATE log_entry SET content = replace(content, 'count ', 'count 1') WHERE index = ${at}`,
  deletes: (at: number) => `DELETE FROM log_entry WHERE index = ${at}`,
  reorders: (at: number) =>
    `UPDATE log_entry SET content = other.content FROM log_entry other
     WHERE log_entry.index IN (${at}, ${at + 1}) AND other.index IN (${at}, ${at + 1}) AND other.index <> log_entry.index`,
} as const

describe('an administrator of the database who changes one of 10,000 entries', () => {
  test('is found by every telco at its next sync, 100 times of 100', async () => {
    await asAdministrator(async (database) => {
      const contents = Array.from({ length: entries }, (_, count) =>
        encodeLogEntry('cases-listed', Date.now(), { actor: 'officer:officer-1', count: String(count) }),
      )
      await database.query('INSERT INTO log_pending (content) SELECT unnest($1::text[])', [contents])
      const look = () =>
        database.query<{ size: string | null }>('SELECT max(size) AS size FROM log_checkpoint')
      while (Number((await look()).rows[0]?.size) < entries) await delay(50)
      await database.query('ALTER TABLE log_entry DISABLE TRIGGER append_only')
      const followers = [await followerOf('telco-a'), await followerOf('telco-b')]
      for (const [client, follower] of followers) await followLog(client, follower)

      const names = Object.keys(tamperings) as (keyof typeof tamperings)[]
      let found = 0
      for (let trial = 0; trial < trials; trial++) {
        const at = Math.floor((trial / trials) * (entries - 2)) + 1
        // On a copy that is put back: every trial begins with an honest log.
        const before = 'CREATE TEMP TABLE kept AS SELECT * FROM log_entry WHERE index IN ($1, $1 + 1)'
        await database.query(before.replaceAll('$1', String(at)))
        await database.query(tamperings[names[trial % names.length] ?? 'edits'](at))
        const [client, follower] = followers[trial % followers.length] as [RegistryClient, LogFollower]
        const outcome = await followLog(client, follower).then(
          () => 'nothing',
          (error: { code?: string }) => error.code,
        )
        if (outcome === 'log-forked') found += 1
        await database.query(`DELETE FROM log_entry WHERE index IN (${at}, ${at + 1})`)
        await database.query('INSERT INTO log_entry SELECT * FROM kept')
        await database.query('DROP TABLE kept')
      }
      expect(found).toBe(trials)
      for (const [client, follower] of followers) await followLog(client, follower)
    })
  })
})
