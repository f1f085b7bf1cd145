import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { SealedField } from '@pcbs/seal'
import { SdkError } from '../errors.ts'
import { BatchEncoder, type EncodedBatch, type EncodeSettings } from './batch-encoder.ts'

/** Rows that are encoded here before threads are started, which takes as long: most days' changes never need one. */
const rowsBeforeThreads = 24_000

/** More threads than this wait for the source, not for the processor. */
const maxThreads = 8

/** Megabytes. What a batch leaves behind is collected early, so that threads stay small whatever the feed. */
const threadLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 }

interface Thread {
  readonly worker: Worker
  /** Tasks handed to it and not answered yet, oldest first: it answers in order. */
  readonly waiting: { resolve: (answer: EncodedBatch) => void; reject: (error: Error) => void }[]
}

/** Encodes batches on as many threads as the machine has processors. */
export class EncoderPool {
  readonly #settings: EncodeSettings
  readonly #here: BatchEncoder
  readonly #threads: Thread[] = []
  #rowsHere = 0

  constructor(settings: EncodeSettings) {
    this.#settings = settings
    this.#here = new BatchEncoder(settings)
  }

  /** What of a person is sealed, and so is part of a row. */
  get sealedFields(): readonly SealedField[] {
    return this.#settings.sealing?.fields ?? []
  }

  /** How many batches to hand in at once to keep every thread busy. */
  readonly width: number = 2 * Math.min(availableParallelism(), maxThreads)

  /** Encodes lines of raw text. The order of answers is the caller's to keep. */
  async encode(lines: readonly string[]): Promise<EncodedBatch> {
    const text = lines.join('\n')
    if (this.#rowsHere < rowsBeforeThreads) {
      this.#rowsHere += lines.length
      return this.#here.encode(text)
    }
    if (this.#threads.length === 0) this.#startThreads()
    const [thread] = this.#threads.toSorted((a, b) => a.waiting.length - b.waiting.length)
    if (!thread) throw new SdkError('encoder-failed', 'Nothing of this feed was applied.')
    return new Promise((resolve, reject) => {
      thread.waiting.push({ resolve, reject })
      thread.worker.postMessage(text)
    })
  }

  /** The digests of lines of raw text; here, since handing the text to a thread takes longer than making them. */
  digest(lines: readonly string[]): Buffer {
    return this.#here.digest(lines.join('\n'), lines.length)
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #startThreads(): void {
    for (let count = 0; count < this.width / 2; count++) {
      const worker = new Worker(new URL('./encoder-worker.ts', import.meta.url), {
        workerData: this.#settings,
        resourceLimits: threadLimits,
      })
      const thread: Thread = { worker, waiting: [] }
      worker.on('message', (answer) => thread.waiting.shift()?.resolve(answer as EncodedBatch))
      // The error's own message may hold a row's values.
      worker.on('error', () => {
        for (const { reject } of thread.waiting.splice(0))
          reject(new SdkError('encoder-failed', 'Nothing of this feed was applied.'))
      })
      this.#threads.push(thread)
    }
  }
}
