import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { Outage } from '@pcbs/core'
import type { CustodianCaller } from '@pcbs/seal'
import { openStore, type Store } from '@pcbs/store'
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
import { createLimits } from './http/limits.ts'
import { createLog, type LogEvent, safeFault } from './log.ts'
import { createMetrics } from './metrics.ts'
import { loadParticipants, type Participants } from './telcos.ts'
import { LogPublisher } from './transparency/publisher.ts'
import { attend } from './workers/supervise.ts'
import { startWorkers } from './workers/workers.ts'

/** A running API. */
export interface RunningApi {
  /** Lets running requests finish, for a few seconds, then cuts off what is left and releases everything. */
  stop(): Promise<void>
}

/** How long requests, feeds and workers may go on after the API was asked to stop. */
const graceMs = 4000

/**
 * Starts the API: it listens once it has its keys, so that a load balancer sends nothing before.
 * @param signal ends the wait for custodian and database; the start then throws the signal's reason
 */
export async function startApi(config: Config, signal: AbortSignal): Promise<RunningApi> {
  const api = openStore({ url: config.apiDatabaseUrl, applicationName: 'pcbs-api', maxConnections: 20 })
  const ingest = openStore({
    url: config.ingestDatabaseUrl,
    applicationName: 'pcbs-ingest',
    maxConnections: 8,
  })
  try {
    return await startOn({ api, ingest }, config, signal)
  } catch (error) {
    await Promise.all([api.close(), ingest.close()])
    throw error
  }
}

async function startOn(
  { api, ingest }: { readonly api: Store; readonly ingest: Store },
  config: Config,
  signal: AbortSignal,
): Promise<RunningApi> {
  const log = createLog(config.logLevel)
  const custodian: CustodianCaller = {
    url: config.custodianUrl,
    callerId: 'registry',
    privateKey: createPrivateKey(await readFile(config.custodianKeyFile)),
  }
  const custodians = createCustodians(custodian, config.sealingCustodianUrls)
  const stopping = new AbortController()
  const metrics = createMetrics({
    feedAges: () => findFeedAges(context),
    feedDueSeconds: config.feedDueHours * 60 * 60,
  })
  const supervision = { log, metrics, signal: stopping.signal }
  const patience = { log, signal }
  let participants = await patiently(patience, () => loadParticipants(api.db, custodians))
  const renewals = attend('list-delegation', supervision)
  const signer = await patiently(patience, () => createListSigner(custodian, Date.now, renewals))
  const watch = watchList(api, attend('list-notifications', supervision))
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
    metrics,
    now: () => new Date(),
  }
  const workers = startWorkers(context, supervision, {
    current: () => participants,
    replace: (renewed: Participants) => {
      participants = renewed
    },
  })

  const findTelco = (code: string) => participants.telcos.find((telco) => telco.code === code)
  const limits = createLimits({
    config,
    store: api,
    digest: (text) => context.keys.requestMac('rate-limit', text).toString('base64url'),
  })
  const app = createApp({
    context,
    contract: await readContract(),
    authenticate: createAuthenticate(config, findTelco),
    limits,
  })
  const server = createServer(app).listen(config.port, config.host)
  await once(server, 'listening')
  log('started', { port: config.port, telcos: participants.telcos.length })

  return {
    async stop() {
      log('stopping', {})
      stopping.abort()
      watch.close()
      const drained = Promise.all([drain(server), ...workers])
      const isDrained = await Promise.race([drained.then(() => true), delay(graceMs, false, { ref: false })])
      if (!isDrained) {
        log('cut_off', { what: 'requests' })
        server.closeAllConnections()
        await Promise.all([api.cut(), ingest.cut()])
        await drained
      }
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

/** What is waited with, and until when. */
interface Patience {
  readonly log: LogEvent
  readonly signal: AbortSignal
}

/** Tries until the custodian and the database answer: at a start of everything nobody knows who is up first. */
async function patiently<Value>({ log, signal }: Patience, attempt: () => Promise<Value>): Promise<Value> {
  const outage = new Outage()
  const aborted = once(signal, 'abort').then(() => Promise.reject(signal.reason))
  aborted.catch(() => {})
  for (;;) {
    signal.throwIfAborted()
    try {
      return await Promise.race([attempt(), aborted])
    } catch (error) {
      signal.throwIfAborted()
      const told = outage.noteFailure(performance.now())
      if (told)
        log('waiting', {
          failures: told.failures,
          forSeconds: Math.round(told.forMs / 1000),
          ...safeFault(error),
        })
      await delay(500, undefined, { signal })
    }
  }
}
