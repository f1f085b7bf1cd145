import { parentPort, workerData } from 'node:worker_threads'
import { BatchEncoder, type EncodeSettings } from './batch-encoder.ts'
import type { Task } from './encoder-pool.ts'

// Started by EncoderPool alone, which gives these settings.
const encoder = new BatchEncoder(workerData as EncodeSettings)

// Answers go out in the order of the tasks, also where one has to wait.
let turn: Promise<void> = Promise.resolve()
parentPort?.on('message', (task: Task) => {
  turn = turn.then(() => perform(task))
})

async function perform({ work, text, lines }: Task): Promise<void> {
  const answer = await encoder[work](text, lines)
  const buffers = answer instanceof Uint8Array ? [answer] : [answer.lines, answer.records]
  // Handed over, not copied; short ones share a buffer with others and cannot be.
  const own = buffers.filter(({ byteLength, buffer }) => byteLength > 0 && byteLength === buffer.byteLength)
  parentPort?.postMessage(
    answer,
    own.map(({ buffer }) => buffer as ArrayBuffer),
  )
}
