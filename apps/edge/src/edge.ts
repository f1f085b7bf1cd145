import { once } from 'node:events'
import type { Server } from 'node:http'
import { connectRegistry, type FollowEvent, followList } from '@pcbs/sdk'
import { type EdgeListCopy, openListFiles } from './block-list/list-files.ts'
import type { EdgeConfig } from './config/edge-config.ts'
import { findUnreloadable, reloadable } from './config/reload.ts'
import { createWebhook, type DetachHook } from './detach/hook.ts'
import { deliverHits } from './hits/deliver.ts'
import { HitQueue } from './hits/hit-queue.ts'
import { keepKeys } from './keys.ts'
import { logEvent } from './log.ts'
import { type NrfRegistration, registerAtNrf } from './nrf/registration.ts'
import { createMetrics, type EdgeFigures } from './operations/metrics.ts'
import { createOperationsServer, type Unreadiness } from './operations/server.ts'
import { WorkerPool } from './workers/pool.ts'

/** Requests to the registry are tried once: the loop around them never ends. */
const policy = { attempts: 1, firstPauseMs: 0, longestPauseMs: 0 }

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
  #keyEpoch: number | undefined
  #isListening = false
  /** When the registry last signed that the list is whole, epoch milliseconds. */
  #currentAtMs: number | undefined
  readonly #counts = { detachDelivered: 0, detachGivenUp: 0, listAlarms: 0, workerCrashes: 0 }

  constructor(config: EdgeConfig) {
    this.#config = config
    this.#pool = new WorkerPool(config.workers, config.checks, {
      onHits: (hits) => {
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
        logEvent('worker_crashed', { errorName: error?.name ?? 'none' })
      },
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
    const copy = await openListFiles(registry.stateFolder, this.#pool, listRenewalChanges)
    this.#copy = copy
    await this.#listenToOperator()
    this.#work.push(
      keepKeys(registry, signal, (keys) => {
        this.#keyEpoch = keys[0].epoch
        return this.#pool.setKeys(keys)
      }),
    )
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
      deliverHits(this.#hits, client, signal),
    )
    signal.addEventListener('abort', () => hasList.resolve())
    if (!signal.aborted) await hasList.promise
    if (!signal.aborted) await this.#takeChecks(copy)
  }

  async #takeChecks(copy: EdgeListCopy): Promise<void> {
    const { checks, nrf, workers } = this.#config
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
    this.#nrf = nrf && registerAtNrf(nrf, (event) => logEvent(event, {}))
  }

  /** Uses what may change while it runs; tells in the log what needs a restart. */
  async reload(next: EdgeConfig): Promise<void> {
    const needsRestart = findUnreloadable(this.#config, next)
    const { checks, detach: formerDetach } = this.#config
    this.#config = {
      ...this.#config,
      detach: next.detach,
      drainMs: next.drainMs,
      checks: reloadable(checks, next.checks),
    }
    await this.#pool.reload(this.#config.checks)
    if (JSON.stringify(next.detach) !== JSON.stringify(formerDetach)) this.#openHook()
    logEvent('reloaded', { needsRestart })
  }

  /** Tells its peers to turn elsewhere, answers what they still send, then ends. */
  async stop(): Promise<void> {
    logEvent('stopping', {})
    this.#stopping.abort()
    await this.#starting?.catch(() => {})
    // First nobody is sent here any more, then those who are here are asked to leave.
    await this.#nrf?.stop()
    const wasListening = this.#isListening
    this.#isListening = false
    await this.#pool.drain(wasListening ? this.#config.drainMs : 0)
    // The last hits arrive with the threads' end.
    await Promise.all(this.#work)
    await this.#hits?.save().catch(() => {
      logEvent('hits_not_saved', { waiting: this.#hits?.state.waiting ?? 0 })
    })
    await Promise.all(this.#hooks.map((hook) => hook.stop()))
    this.#operations?.close()
    logEvent('stopped', {})
  }

  async #listenToOperator(): Promise<void> {
    const { operations } = this.#config
    if (!operations) return
    const { lanes } = this.#pool
    const metrics = createMetrics(lanes, () => this.#figures())
    this.#operations = createOperationsServer({ metrics, lanes, unreadiness: () => this.#unreadiness() })
    await once(this.#operations.listen(operations), 'listening')
  }

  #unreadiness(): Unreadiness {
    if (this.#stopping.signal.aborted) return 'draining'
    return this.#isListening ? undefined : 'no_list'
  }

  #figures(): EdgeFigures {
    const atMs = this.#currentAtMs
    const { waiting = 0, dropped = 0 } = this.#hits?.state ?? {}
    return {
      listSeq: this.#copy?.position?.seq ?? 0,
      listAgeSeconds: atMs === undefined ? undefined : Math.max(0, Date.now() - atMs) / 1000,
      listPhones: this.#copy?.phones ?? 0,
      listChanged: this.#copy?.list.changed ?? 0,
      hitsWaiting: waiting,
      hitsDropped: dropped,
      isRegistered: this.#nrf?.isRegistered ?? false,
      ...this.#counts,
    }
  }

  #openHook(): void {
    const { detach, name } = this.#config
    this.#hook =
      detach &&
      createWebhook(detach, name, (outcome) => {
        if (outcome === 'delivered') this.#counts.detachDelivered += 1
        else this.#counts.detachGivenUp += 1
      })
    if (this.#hook) this.#hooks.push(this.#hook)
  }

  #tell(event: FollowEvent): void {
    switch (event.type) {
      case 'applied':
        logEvent('list_applied', { seq: event.seq, changes: event.changes })
        break
      case 'replaced':
        logEvent('list_replaced', { seq: event.seq, snapshotSeq: event.snapshotSeq })
        break
      case 'current':
        this.#currentAtMs = event.atMs
        break
      case 'alarm':
        this.#counts.listAlarms += 1
        logEvent('list_alarm', { reason: event.reason })
        break
      case 'away':
        logEvent('registry_away', { reason: event.reason })
        break
    }
  }
}
