import { parentPort, workerData } from 'node:worker_threads'
import { BatchEncoder, type EncodeSettings } from './batch-encoder.ts'

// Started by EncoderPool alone, which gives these settings.
const encoder = new BatchEncoder(workerData as EncodeSettings)

// Answers go out in the order of the tasks, also where one has to wait.
let turn: Promise<void> = Promise.resolve()
parentPort?.on('message', (text: string) => {
  turn = turn.then(() => perform(text))
})

async function perform(text: string): Promise<void> {
  const batch = await encoder.encode(text)
  // Handed over, not copied; short ones share a buffer with others and cannot be.
  const own = [batch.lines, batch.records].filter(
    ({ byteLength, buffer }) => byteLength > 0 && byteLength === buffer.byteLength,
  )
  parentPort?.postMessage(
    batch,
    own.map(({ buffer }) => buffer as ArrayBuffer),
  )
}
