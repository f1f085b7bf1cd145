import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { CustodianCaller } from '@pcbs/seal'
import { openStore } from '@pcbs/store'
import { createAuthenticate } from './auth/authenticate.ts'
import { createListSigner } from './block-list/signer.ts'
import { watchList } from './block-list/watch.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { createCustodians } from './custodians.ts'
import { findFeedAges } from './feeds/ages.ts'
import { Intake } from './feeds/intake.ts'
import { createApp } from './http/app.ts'
import { readContract } from './http/contract.ts'
import { createLog, type LogEvent, safeFault } from './log.ts'
import { createMetrics } from './metrics.ts'
import { loadParticipants } from './telcos.ts'
import { LogPublisher } from './transparency/publisher.ts'
import { record } from './transparency/record.ts'
import { expireBlocks } from './workers/expire-blocks.ts'
import { publishSnapshot } from './workers/publish-snapshot.ts'
import { repeat } from './workers/repeat.ts'
import { forgetOldPairings } from './workers/retention.ts'

/** A running API. */
export interface RunningApi {
  /** Lets running requests finish, then releases everything. */
  stop(): Promise<void>
}

/** How often telcos that joined or changed are looked for. */
const telcoRefreshMs = 5000

/** Starts the API: it listens once it has its keys, so that a load balancer sends nothing before. */
export async function startApi(config: Config): Promise<RunningApi> {
  const log = createLog(config.logLevel)
  const api = openStore({ url: config.apiDatabaseUrl, applicationName: 'pcbs-api', maxConnections: 20 })
  const ingest = openStore({
    url: config.ingestDatabaseUrl,
    applicationName: 'pcbs-ingest',
    maxConnections: 8,
  })
  const custodian: CustodianCaller = {
    url: config.custodianUrl,
    callerId: 'registry',
    privateKey: createPrivateKey(await readFile(config.custodianKeyFile)),
  }
  const custodians = createCustodians(custodian, config.sealingCustodianUrls)
  let participants = await patiently(log, () => loadParticipants(api.db, custodians, undefined))
  const signer = await patiently(log, () => createListSigner(custodian, Date.now))
  const watch = watchList(api)
  const context: Context = {
    config,
    db: api.db,
    ingest,
    intake: new Intake(),
    get keys() {
      return participants.keys
    },
    get telcos() {
      return participants.telcos
    },
    get policies() {
      return participants.policies
    },
    custodians,
    publisher: new LogPublisher(api.db, custodian, config.publicUrl),
    signer,
    watch,
    log,
    metrics: createMetrics({
      feedAges: () => findFeedAges(context),
      feedDueSeconds: config.feedDueHours * 60 * 60,
    }),
    now: () => new Date(),
  }

  const stopping = new AbortController()
  const logged = (work: () => Promise<void>) => () =>
    work().catch((error) => log('worker_failed', safeFault(error)))
  const workers = [
    repeat(
      telcoRefreshMs,
      stopping.signal,
      logged(async () => {
        const before = participants.keys.epoch
        participants = await loadParticipants(api.db, custodians, participants)
        const { epoch } = participants.keys
        if (epoch !== before) await record(context, api.db, 'token-keys-rotated', { epoch: String(epoch) })
      }),
    ),
    repeat(
      config.expiryIntervalMs,
      stopping.signal,
      logged(async () => {
        const count = await expireBlocks(context)
        if (count > 0) log('cases_expired', { count })
      }),
    ),
    repeat(
      config.logIntervalMs,
      stopping.signal,
      logged(async () => {
        await context.publisher.publish()
      }),
    ),
    repeat(
      config.snapshotIntervalMs,
      stopping.signal,
      logged(async () => {
        const seq = await publishSnapshot(context)
        if (seq !== undefined) log('list_snapshot_made', { seq })
      }),
    ),
    repeat(
      config.retentionIntervalMs,
      stopping.signal,
      logged(async () => {
        const count = await forgetOldPairings(context)
        if (count > 0) log('pairings_forgotten', { count })
      }),
    ),
  ]

  const findTelco = (code: string) => participants.telcos.find((telco) => telco.code === code)
  const authenticate = createAuthenticate(
    { issuer: config.issuer, jwksUrl: config.jwksUrl, audience: config.publicUrl },
    findTelco,
  )
  const app = createApp({ context, contract: await readContract(), authenticate })
  const server = createServer(app).listen(config.port, config.host)
  await once(server, 'listening')
  log('started', { port: config.port, telcos: participants.telcos.length })

  return {
    async stop() {
      log('stopping', {})
      stopping.abort()
      watch.close()
      await Promise.all([drain(server), ...workers])
      await Promise.all([api.close(), ingest.close()])
    },
  }
}

/** Lets answers under way go out; a connection is closed as soon as it has nothing under way. */
async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  await closed
  clearInterval(sweep)
}

/** Tries until the custodian and the database answer: at a start of everything nobody knows who is up first. */
async function patiently<Value>(log: LogEvent, attempt: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      log('waiting', safeFault(error))
      await delay(500)
    }
  }
}
