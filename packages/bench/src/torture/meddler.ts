import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Dice } from '@pcbs/dev-nation'

/** What can happen to a request on its way, and how often of a hundred times. */
const mishaps = {
  /** The connection breaks before the registry hears of it. */
  'cut-before': 6,
  /** It breaks before the answer arrives, so that the request is sent twice. */
  'cut-after': 6,
  /** A byte of a part is another one. */
  corrupted: 6,
  /** It is overtaken by later ones. */
  late: 20,
} as const

const longestDelayMs = 400

/** A line to the registry that can be made a bad one. */
export interface Meddler {
  /** Lets mishaps happen, or no more. */
  meddle(dice: Dice | undefined): void
  stop(): Promise<void>
}

/** Listens where telcos believe the registry to be, and hands their requests on. */
export async function startMeddler(ports: {
  readonly own: number
  readonly registry: number
}): Promise<Meddler> {
  let dice: Dice | undefined
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, ports.registry, pickMishap(dice), dice).catch(() => outgoing.destroy())
  })
  server.listen(ports.own, '127.0.0.1')
  await once(server, 'listening')
  return {
    meddle(with_) {
      dice = with_
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Mishap = keyof typeof mishaps | 'none'

function pickMishap(dice: Dice | undefined): Mishap {
  if (!dice) return 'none'
  let left = dice.below(100)
  for (const [mishap, share] of Object.entries(mishaps)) {
    if (left < share) return mishap as Mishap
    left -= share
  }
  return 'none'
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  mishap: Mishap,
  dice: Dice | undefined,
): Promise<void> {
  const body = await readAll(incoming)
  if (mishap === 'cut-before') throw new Error('cut')
  if (mishap === 'late') await delay(dice?.below(longestDelayMs))
  if (mishap === 'corrupted' && incoming.method === 'PUT' && body.length > 0) {
    const place = dice?.below(body.length) ?? 0
    body[place] = (body[place] as number) ^ 1
  }
  const { method, url: path, headers } = incoming
  const onward = request({ host: '127.0.0.1', port, method, path, headers })
  onward.end(body)
  const [answer] = (await once(onward, 'response')) as [IncomingMessage]
  const content = await readAll(answer)
  if (mishap === 'cut-after') throw new Error('cut')
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(content)
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
