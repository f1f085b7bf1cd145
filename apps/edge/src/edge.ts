import { once } from 'node:events'
import type { Server } from 'node:http'
import { connectRegistry, type FollowEvent, failureCode, followList } from '@pcbs/sdk'
import { ListAge } from './block-list/list-age.ts'
import { type EdgeListCopy, openListFiles } from './block-list/list-files.ts'
import type { EdgeConfig } from './config/edge-config.ts'
import { findUnreloadable, reloadable } from './config/reload.ts'
import { createWebhook, type DetachHook } from './detach/hook.ts'
import { deliverHits, saveHits } from './hits/deliver.ts'
import { HitQueue } from './hits/hit-queue.ts'
import { type FollowedKeys, followKeys } from './keys/follow-keys.ts'
import type { TelcoKeys } from './keys/sealed-keys.ts'
import { logEvent } from './log.ts'
import { type NrfRegistration, registerAtNrf } from './nrf/registration.ts'
import { createMetrics, type EdgeFigures } from './operations/metrics.ts'
import { decideReadiness, type Readiness } from './operations/readiness.ts'
import { createOperationsServer } from './operations/server.ts'
import { openTroubles } from './operations/trouble.ts'
import { withinMs } from './within-ms.ts'
import { WorkerPool } from './workers/pool.ts'

/** Requests to the registry are tried once: the loop around them never ends. */
const policy = { attempts: 1, firstPauseMs: 0, longestPauseMs: 0 }

/** How long an edge without any key waits for the custodian before it takes checks. */
const firstKeysMs = 2000

/** What is under way when an edge stops is waited for no longer: it is on disk, or begun again at the next start. */
const lastWorkMs = 500

/**
 * An edge. Checks are answered by threads from one list; this thread follows the registry, keeps the disk, and answers the
 * operator. It takes checks as soon as it has a list: with one on its disk at once, whether or not the registry is there; a
 * new edge once it has got it.
 */
export class Edge {
  #config: EdgeConfig
  readonly #stopping = new AbortController()
  readonly #pool: WorkerPool
  readonly #work: Promise<unknown>[] = []
  #copy: EdgeListCopy | undefined
  #hits: HitQueue | undefined
  /** The newest is in use; those before finish their calls. */
  readonly #hooks: DetachHook[] = []
  #hook: DetachHook | undefined
  #starting: Promise<void> | undefined
  #nrf: NrfRegistration | undefined
  #operations: Server | undefined
  #keys: FollowedKeys | undefined
  #keyEpoch: number | undefined
  #listAge: ListAge | undefined
  #isListening = false
  readonly #takingChecks = Promise.withResolvers<void>()
  readonly #counts = {
    detachDelivered: 0,
    detachGivenUp: 0,
    listAlarms: 0,
    workerCrashes: 0,
    hitsRepeated: 0,
  }
  readonly #troubles = openTroubles()
  /** Each writes files of its own: that one of them can says nothing of the others. */
  readonly #writers = {
    list: this.#troubles.disk.part(),
    hits: this.#troubles.disk.part(),
    keys: this.#troubles.disk.part(),
    listAge: this.#troubles.disk.part(),
  }

  constructor(config: EdgeConfig) {
    this.#config = config
    this.#pool = new WorkerPool(config.workers, config.checks, {
      onHits: (hits, repeated) => {
        this.#counts.hitsRepeated += repeated
        for (const hit of hits) this.#hits?.add(hit)
      },
      onAttached: (phones) => {
        const epoch = this.#keyEpoch
        if (epoch === undefined) return
        for (const { imei, token, atMs } of phones)
          this.#hook?.detach({
            imei,
            imsi: { kind: 'imsi', epoch, bytes: Buffer.from(token) },
            lastSeenMs: atMs,
          })
        logEvent('phones_detached', { count: phones.length })
      },
      onCrash: (error) => {
        this.#counts.workerCrashes += 1
        this.#troubles.worker.failed(error ? failureCode(error) : 'ended')
      },
      onReplaced: () => this.#troubles.worker.succeeded(),
    })
  }

  /**
   * Starts it. Returns when it takes checks, or was stopped before it could.
   * @throws {Error} when a port cannot be listened on
   */
  start(): Promise<void> {
    this.#starting = this.#begin()
    return this.#starting
  }

  async #begin(): Promise<void> {
    const { registry, name, listRenewalChanges } = this.#config
    const { signal } = this.#stopping
    this.#hits = await HitQueue.open(registry.stateFolder, name)
    this.#openHook()
    const copy = await openListFiles(registry.stateFolder, this.#pool, listRenewalChanges, this.#writers.list)
    if (signal.aborted) return
    this.#copy = copy
    const { position, foundFromMs } = copy
    const found = position && foundFromMs !== undefined && { seq: position.seq, fromMs: foundFromMs }
    this.#listAge = await ListAge.open(registry.stateFolder, found || undefined)
    await this.#listenToOperator()
    await this.#followKeys()
    if (signal.aborted) return
    const hasList = Promise.withResolvers<void>()
    if (copy.position) hasList.resolve()
    else logEvent('waiting_for_list', {})
    const client = await connectRegistry(registry, ['list', 'hits'], policy)
    const onEvent = (event: FollowEvent) => {
      this.#tell(event)
      if (event.type === 'replaced') hasList.resolve()
    }
    this.#work.push(
      followList({ client, root: registry.listRoot, copy, edge: name, onEvent, signal }),
      deliverHits({
        queue: this.#hits,
        client,
        signal,
        delivery: this.#troubles.hits,
        disk: this.#writers.hits,
      }),
    )
    signal.addEventListener('abort', () => hasList.resolve())
    if (!signal.aborted) await hasList.promise
    if (!signal.aborted) await this.#takeChecks(copy)
  }

  async #followKeys(): Promise<void> {
    const { registry, areKeysKept: isKept } = this.#config
    const { custodian } = this.#troubles
    const { keys: disk } = this.#writers
    const { signal } = this.#stopping
    const take = (keys: TelcoKeys) => {
      this.#keyEpoch = keys[0].epoch
      return this.#pool.setKeys(keys)
    }
    const isTakingChecks = this.#takingChecks.promise
    signal.addEventListener('abort', () => this.#takingChecks.resolve())
    this.#keys = await followKeys({ registry, isKept, custodian, disk, signal, isTakingChecks, take })
    this.#work.push(this.#keys.ended)
  }

  async #takeChecks(copy: EdgeListCopy): Promise<void> {
    const { checks, nrf, workers } = this.#config
    // With a key the named SIMs of a phone are known from the first check on.
    await withinMs(this.#keys?.firstTry, firstKeysMs)
    await this.#pool.listen()
    if (this.#stopping.signal.aborted) return
    this.#isListening = true
    logEvent('started', {
      port: checks.n5gEir.port,
      s13Port: checks.s13?.port ?? 0,
      workers,
      seq: copy.position?.seq ?? 0,
      phones: copy.phones,
    })
    this.#takingChecks.resolve()
    this.#nrf =
      nrf &&
      registerAtNrf(nrf, (event, reason) => {
        if (event === 'nrf_away' || event === 'nrf_refused') this.#troubles.nrf.failed(reason)
        else {
          this.#troubles.nrf.succeeded()
          logEvent(event, {})
        }
      })
  }

  /** Uses what may change while it runs; tells in the log what needs a restart. */
  async reload(next: EdgeConfig): Promise<void> {
    const needsRestart = findUnreloadable(this.#config, next)
    const { checks, detach: formerDetach } = this.#config
    this.#config = {
      ...this.#config,
      detach: next.detach,
      drainMs: next.drainMs,
      readyListAgeSeconds: next.readyListAgeSeconds,
      checks: reloadable(checks, next.checks),
    }
    await this.#pool.reload(this.#config.checks)
    if (next.nrf) this.#nrf?.reload(next.nrf)
    if (JSON.stringify(next.detach) !== JSON.stringify(formerDetach)) this.#openHook()
    logEvent('reloaded', { needsRestart })
  }

  /**
   * Tells its peers to turn elsewhere, answers what they still send, then ends: within ten seconds, whoever is silent and
   * whatever is under way.
   */
  async stop(): Promise<void> {
    logEvent('stopping', {})
    this.#stopping.abort()
    await withinMs(this.#starting, lastWorkMs)
    // First nobody is sent here any more, then those who are here are asked to leave.
    await this.#nrf?.stop()
    const wasListening = this.#isListening
    this.#isListening = false
    await this.#pool.drain(wasListening ? this.#config.drainMs : 0)
    // The last hits arrive with the threads' end.
    await withinMs(Promise.all(this.#work), lastWorkMs)
    const { hits: disk } = this.#writers
    if (this.#hits) await withinMs(saveHits({ queue: this.#hits, disk }), lastWorkMs)
    await withinMs(this.#listAge?.save({ isLast: true }), lastWorkMs)
    await withinMs(Promise.all(this.#hooks.map((hook) => hook.stop())), lastWorkMs)
    this.#operations?.close()
    this.#operations?.closeAllConnections()
    logEvent('stopped', {})
  }

  async #listenToOperator(): Promise<void> {
    const { operations } = this.#config
    if (!operations) return
    const { lanes } = this.#pool
    const metrics = createMetrics(lanes, () => this.#figures())
    this.#operations = createOperationsServer({ metrics, lanes, readiness: () => this.#readiness() })
    await once(this.#operations.listen(operations), 'listening')
  }

  #readiness(): Readiness {
    return decideReadiness({
      isStopping: this.#stopping.signal.aborted,
      isListening: this.#isListening,
      listAgeSeconds: this.#listAge?.at(Date.now()),
      readyListAgeSeconds: this.#config.readyListAgeSeconds,
      hasKeys: (this.#keys?.source ?? 'none') !== 'none',
    })
  }

  #figures(): EdgeFigures {
    const { waiting = 0, dropped = 0, merged = 0 } = this.#hits?.state ?? {}
    const { hitsRepeated, ...counts } = this.#counts
    const { phones = 0, phonesWithExceptions = 0, ranges = 0, changed = 0 } = this.#copy?.list ?? {}
    return {
      listSeq: this.#copy?.position?.seq ?? 0,
      listAgeSeconds: this.#listAge?.at(Date.now()),
      listPhones: phones,
      listExceptions: phonesWithExceptions,
      listRanges: ranges,
      listChanged: changed,
      keySource: this.#keys?.source ?? 'none',
      hitsWaiting: waiting,
      hitsDropped: dropped,
      hitsMerged: merged + hitsRepeated,
      isRegistered: this.#nrf?.isRegistered ?? false,
      troubles: this.#troubles,
      ...counts,
    }
  }

  #openHook(): void {
    const { detach, name } = this.#config
    this.#hook =
      detach &&
      createWebhook(
        detach,
        name,
        (outcome) => {
          if (outcome === 'given_up') this.#counts.detachGivenUp += 1
          else {
            this.#counts.detachDelivered += 1
            this.#troubles.webhook.succeeded()
          }
        },
        (reason) => this.#troubles.webhook.failed(reason),
      )
    if (this.#hook) this.#hooks.push(this.#hook)
  }

  async #saveListAge(): Promise<void> {
    const { listAge: disk } = this.#writers
    try {
      if (await this.#listAge?.save()) disk.succeeded()
    } catch (error) {
      disk.failed(failureCode(error))
    }
  }

  #tell(event: FollowEvent): void {
    const { registry, list } = this.#troubles
    switch (event.type) {
      case 'applied':
        logEvent('list_applied', { seq: event.seq, changes: event.changes })
        break
      case 'replaced':
        logEvent('list_replaced', { seq: event.seq, snapshotSeq: event.snapshotSeq })
        break
      case 'current':
        this.#listAge?.current(event.atMs, this.#copy?.position?.seq ?? 0)
        registry.succeeded()
        list.succeeded()
        void this.#saveListAge()
        break
      case 'alarm':
        this.#counts.listAlarms += 1
        list.failed(event.reason)
        break
      case 'away':
        registry.failed(event.reason)
        break
    }
  }
}
