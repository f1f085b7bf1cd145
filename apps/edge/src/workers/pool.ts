import { Worker } from 'node:worker_threads'
import type { ListChange, TelcoKey } from '@pcbs/seal'
import type { EdgeList } from '../block-list/edge-list.ts'
import type { ListInForce } from '../block-list/list-files.ts'
import type { CheckSettings } from '../config/edge-config.ts'
import { makeLane } from '../counters/lane.ts'
import type { AttachedPhone } from '../detach/recent-sims.ts'
import { withinMs } from '../within-ms.ts'
import type { Order, Report, WorkerHit, WorkerStart } from './messages.ts'

/** What the threads' work leads to. */
export interface PoolEvents {
  /** With how many more there were that repeated one of them. */
  onHits(hits: readonly WorkerHit[], repeated: number): void
  onAttached(phones: readonly AttachedPhone[]): void
  /** A thread ended without being told to; another takes its place. */
  onCrash(error: Error | undefined): void
  /** The thread that took its place takes checks. */
  onReplaced(): void
}

/** A thread that crashes at once again and again is not started more often than this. */
const restartMs = 500

/** What a thread may take to take leave beyond the grace, before it is held to be stuck. */
const stuckMs = 1500

/** Streams are short-lived and many: a roomy nursery spares most of their collection. */
const maxYoungGenerationSizeMb = 64

interface Thread {
  readonly worker: Worker
  readonly ended: Promise<unknown>
  /** Who waits for an order to be carried out. */
  readonly waiting: Map<number, (attached: readonly AttachedPhone[]) => void>
}

/**
 * The threads that answer checks. Each order goes to all; it is carried out when all have said so. They share one table
 * of the list, and a thread that crashes is replaced by one that begins with what the others know.
 */
export class WorkerPool implements ListInForce {
  readonly lanes: readonly SharedArrayBuffer[]
  readonly #events: PoolEvents
  readonly #threads: Thread[] = []
  #settings: CheckSettings
  #list: EdgeList | undefined
  #keys: readonly TelcoKey[] = []
  /** Rejects when a thread ends before all of them take checks. */
  readonly #failure = Promise.withResolvers<never>()
  #isListening = false
  #isStopping = false
  #number = 0

  constructor(count: number, settings: CheckSettings, events: PoolEvents) {
    this.#settings = settings
    this.#events = events
    // Whoever does not listen yet learns of it there.
    this.#failure.promise.catch(() => {})
    this.lanes = Array.from({ length: count }, makeLane)
    for (const lane of this.lanes) this.#start(lane)
  }

  /** Replaces the list; the one that is given goes on being the newest, as its owner applies changes to it. */
  async replace(list: EdgeList): Promise<void> {
    this.#list = list
    await this.#order({ type: 'list', list: list.share() })
  }

  async apply(changes: readonly ListChange[]): Promise<void> {
    const attached = await this.#order({ type: 'changes', changes })
    if (attached.length > 0) this.#events.onAttached(newestOf(attached))
  }

  /** Takes the telco's keys, the newest first. */
  async setKeys(keys: readonly TelcoKey[]): Promise<void> {
    this.#keys = keys
    await this.#order({ type: 'keys', keys })
  }

  /** Uses other settings from now on. */
  async reload(settings: CheckSettings): Promise<void> {
    await this.#order({ type: 'settings', settings })
    this.#settings = settings
  }

  /**
   * Takes checks from now on.
   * @throws {Error} when a port cannot be listened on
   */
  async listen(): Promise<void> {
    // A thread that cannot begin ends; before all of them listen there is nobody to replace it for.
    await Promise.race([this.#failure.promise, this.#order({ type: 'listen' })])
    this.#isListening = true
  }

  /**
   * Answers what is under way and what still comes within the grace; then every thread ends. One that does not within some
   * seconds more is ended.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isStopping = true
    const ended = Promise.all(this.#threads.map(({ ended: end }) => end))
    void this.#order({ type: 'drain', graceMs })
    await withinMs(ended, graceMs + stuckMs)
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #start(lane: SharedArrayBuffer): Thread {
    const start: WorkerStart = {
      settings: this.#settings,
      lane,
      isOneOfSeveral: this.lanes.length > 1,
    }
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb },
    })
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    const thread: Thread = { worker, ended, waiting: new Map() }
    let failure: Error | undefined
    worker.on('message', (report: Report) => {
      if (report.type === 'hits') this.#events.onHits(report.hits, report.repeated)
      else settle(thread, report.number, report.attached)
    })
    worker.on('error', (error: Error) => {
      failure = error
    })
    worker.once('exit', () => {
      this.#threads.splice(this.#threads.indexOf(thread), 1)
      // Its successor begins with what it was to do.
      for (const number of [...thread.waiting.keys()]) settle(thread, number, [])
      if (this.#isStopping) return
      if (!this.#isListening) {
        this.#failure.reject(failure ?? new Error('a thread ended before it took checks'))
        return
      }
      this.#events.onCrash(failure)
      setTimeout(() => void this.#replace(lane), restartMs)
    })
    this.#threads.push(thread)
    return thread
  }

  async #replace(lane: SharedArrayBuffer): Promise<void> {
    if (this.#isStopping) return
    const thread = this.#start(lane)
    if (this.#list) await this.#tell(thread, { type: 'list', list: this.#list.share() })
    await this.#tell(thread, { type: 'keys', keys: this.#keys })
    await this.#tell(thread, { type: 'listen' })
    // One that has ended instead is told of by itself.
    if (this.#threads.includes(thread)) this.#events.onReplaced()
  }

  async #order(order: Order): Promise<readonly AttachedPhone[]> {
    const attached = await Promise.all(this.#threads.map((thread) => this.#tell(thread, order)))
    return attached.flat()
  }

  #tell(thread: Thread, order: Order): Promise<readonly AttachedPhone[]> {
    const number = ++this.#number
    return new Promise((resolve) => {
      thread.waiting.set(number, resolve)
      thread.worker.postMessage({ ...order, number })
    })
  }
}

function settle({ waiting }: Thread, number: number, attached: readonly AttachedPhone[]): void {
  waiting.get(number)?.(attached)
  waiting.delete(number)
}

/** Several threads may have seen one phone: the newest use counts. */
function newestOf(attached: readonly AttachedPhone[]): readonly AttachedPhone[] {
  const newest = new Map<string, AttachedPhone>()
  for (const phone of attached)
    if (phone.atMs >= (newest.get(phone.imei)?.atMs ?? 0)) newest.set(phone.imei, phone)
  return [...newest.values()]
}
