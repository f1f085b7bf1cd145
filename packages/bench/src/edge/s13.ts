import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, listedImei, runProgram, startPreparedEdge } from '@pcbs/dev-nation'
import { percentile, rounded } from '../statistics.ts'
import { checkOf, introduction } from './s13-messages.ts'

const rounds = 7

/**
 * S13 checks per second of one edge over one connection, against an echo of the same bytes: same client, same requests
 * pipelined as fast as they are taken, in turns, each server in a process of its own. `window` is how many are under way.
 */
export async function benchS13({
  entries = 1_000_000,
  requests = 100_000,
  window = 100,
}: Readonly<Record<string, number>>): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'pcbs-bench-'))
  const [s13Port, echoPort] = [await findFreePort(), await findFreePort()]
  const { edge } = await startPreparedEdge(folder, entries, {
    s13Port: String(s13Port),
    s13OriginHost: 'eir.telco-a.test',
    s13OriginRealm: 'telco-a.test',
  })
  const echo = await runProgram({
    name: 'echo server',
    module: new URL('./echo-server.ts', import.meta.url),
    arguments: [String(echoPort)],
    logFile: join(folder, 'echo.log'),
    environment: {},
  })
  try {
    const [edgeSocket, echoSocket] = [await openSocket(s13Port), await openSocket(echoPort)]
    await exchange(edgeSocket, [introduction], 1)
    // Every other phone is listed, as in the bench of N5g-eir.
    const checks = Array.from({ length: requests }, (_, index) =>
      checkOf(index % 2 === 0 ? listedImei((index * 7919) % entries) : '86000000000000', index),
    )
    const [edgeRates, echoRates, ratios]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round < rounds; round++) {
      const echoRate = await exchange(echoSocket, checks, window)
      const edgeRate = await exchange(edgeSocket, checks, window)
      process.stderr.write(`edge ${Math.round(edgeRate)}/s, echo ${Math.round(echoRate)}/s\n`)
      // The first round warms both up.
      if (round === 0) continue
      edgeRates.push(edgeRate)
      echoRates.push(echoRate)
      ratios.push(edgeRate / echoRate)
    }
    edgeSocket.destroy()
    echoSocket.destroy()
    return {
      entries,
      window,
      ratio: rounded(percentile(ratios, 0.5), 3),
      edgePerSecond: Math.round(percentile(edgeRates, 0.5)),
      echoPerSecond: Math.round(percentile(echoRates, 0.5)),
    }
  } finally {
    await Promise.all([edge.stop(), echo.stop()])
    await rm(folder, { recursive: true })
  }
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket.setNoDelay(true)
}

/** Keeps this many messages under way, each answer making room for the next; gives messages per second. */
async function exchange(socket: Socket, messages: readonly Buffer[], window: number): Promise<number> {
  const startedMs = performance.now()
  let [sent, answered] = [0, 0]
  let rest: Buffer = Buffer.alloc(0)
  const fill = () => {
    const batch = messages.slice(sent, answered + window)
    sent += batch.length
    if (batch.length > 0) socket.write(Buffer.concat(batch))
  }
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      let at = 0
      while (at + 4 <= rest.length && at + rest.readUIntBE(at + 1, 3) <= rest.length) {
        at += rest.readUIntBE(at + 1, 3)
        answered += 1
      }
      rest = rest.subarray(at)
      fill()
      if (answered < messages.length) return
      socket.off('data', take).off('close', lost)
      resolve()
    }
    const lost = () => reject(new Error('the server closed the connection'))
    socket.on('data', take).once('close', lost)
    fill()
  })
  return messages.length / ((performance.now() - startedMs) / 1000)
}
