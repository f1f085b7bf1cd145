import { parentPort, workerData } from 'node:worker_threads'
import { BatchEncoder, type EncodeSettings } from './batch-encoder.ts'
import type { Task } from './encoder-pool.ts'

// Started by EncoderPool alone, which gives these settings.
const encoder = new BatchEncoder(workerData as EncodeSettings)

parentPort?.on('message', ({ work, text }: Task) => parentPort?.postMessage(encoder[work](text)))
