import { parentPort, workerData } from 'node:worker_threads'
import { BatchEncoder, type EncodeSettings } from './batch-encoder.ts'
import type { Task } from './encoder-pool.ts'

// Started by EncoderPool alone, which gives these settings.
const encoder = new BatchEncoder(workerData as EncodeSettings)

parentPort?.on('message', ({ work, text, lines }: Task) => {
  const answer = encoder[work](text, lines)
  const buffers = answer instanceof Uint8Array ? [answer] : [answer.lines, answer.records]
  // Handed over, not copied; short ones share a buffer with others and cannot be.
  const own = buffers.filter(({ byteLength, buffer }) => byteLength > 0 && byteLength === buffer.byteLength)
  parentPort?.postMessage(
    answer,
    own.map(({ buffer }) => buffer as ArrayBuffer),
  )
})
