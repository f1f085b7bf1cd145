import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { encodeToken, makeToken, type TelcoKey } from '@pcbs/seal'
import { EdgeList, type ImsiTokenizer } from '../block-list/edge-list.ts'
import type { CheckContext } from '../checks/check-phone.ts'
import type { CheckSettings } from '../config/edge-config.ts'
import { Lane } from '../counters/lane.ts'
import { watchOverload } from '../counters/overload.ts'
import { type AttachedPhone, findAttached, RecentSims } from '../detach/recent-sims.ts'
import { createN5gEirServer } from '../n5g-eir/server.ts'
import { createS13Server } from '../s13/server.ts'
import type { Numbered, Report, WorkerHit, WorkerStart } from './messages.ts'

/** How often hits are handed over; with what a crash of this thread loses, they are the latest. */
const handOverMs = 100

/** Phones and SIMs with hits kept in between; a flood beyond is counted, and its rest not told one by one. */
const mostHits = 20_000

const port = parentPort
if (!port) throw new Error('a worker is started as a thread')
const start = workerData as WorkerStart
let settings: CheckSettings = start.settings
let list = new EdgeList()
let keys: readonly TelcoKey[] = []
let tokenize: ImsiTokenizer = tokenizerOf(keys)
let hits: WorkerHit[] = []
/** Phones and SIMs of those hits: what repeats itself before they are handed over is only counted. */
const waitingKinds = new Set<string>()
let repeatedHits = 0
let handOver: NodeJS.Timeout | undefined
let recent = newRecent()
const overload = watchOverload(() => settings.overloadMs)

/** Makes tokens under every key: a SIM may have been let through under an older one. Without a key the settings decide. */
function tokenizerOf(known: readonly TelcoKey[]): ImsiTokenizer {
  if (known.length === 0 && settings.withoutKeys === 'LET_THROUGH') return undefined
  return (imsi) => known.map((key) => makeToken(key, 'imsi', imsi).bytes.toString('hex'))
}

function newRecent(): RecentSims | undefined {
  return settings.rememberedPhones > 0 ? new RecentSims(settings.rememberedPhones) : undefined
}

const context: CheckContext = {
  get list() {
    return list
  },
  get settings() {
    return settings
  },
  get isOverloaded() {
    return overload.isOver
  },
  tokenize: () => tokenize,
  onHit({ imei, imsi, status }) {
    handOver ??= setTimeout(handOverHits, handOverMs)
    const kind = `${imei} ${imsi ?? ''} ${status}`
    if (waitingKinds.has(kind)) {
      repeatedHits += 1
      return
    }
    if (hits.length >= mostHits) return
    waitingKinds.add(kind)
    const [key] = keys
    const token = imsi && key ? encodeToken(makeToken(key, 'imsi', imsi)) : undefined
    hits.push({
      imei: String(imei).padStart(14, '0'),
      status,
      atMs: Date.now(),
      ...(token !== undefined && { imsi: token }),
    })
  },
  get onUse() {
    return recent && keys.length > 0 ? remember : undefined
  },
}

function remember(imei: number, imsi: string): void {
  const [key] = keys
  if (key) recent?.remember(imei, makeToken(key, 'imsi', imsi).bytes, Date.now())
}

const n5gEir = createN5gEirServer(context, new Lane(start.lane, 'n5g-eir'), settings.n5gEir)
const s13 = settings.s13 && createS13Server(context, new Lane(start.lane, 's13'), settings.s13)

function handOverHits(): void {
  clearTimeout(handOver)
  handOver = undefined
  if (hits.length === 0) return
  tell({ type: 'hits', hits, repeated: repeatedHits })
  hits = []
  waitingKinds.clear()
  repeatedHits = 0
}

function tell(report: Report): void {
  port?.postMessage(report)
}

/** Carries an order out; gives the phones that were attached when it blocked them. */
async function carryOut(order: Numbered): Promise<readonly AttachedPhone[]> {
  switch (order.type) {
    case 'list':
      list = new EdgeList(order.list)
      return []
    case 'changes':
      for (const change of order.changes) list.apply(change)
      return recent ? findAttached(recent, order.changes, { hasOlderKeys: keys.length > 1 }) : []
    case 'keys':
      // Tokens of another generation would not be recognised.
      if (order.keys[0]?.epoch !== keys[0]?.epoch) recent = newRecent()
      keys = order.keys.map(({ epoch, key }) => ({ epoch, key: Buffer.from(key) }))
      tokenize = tokenizerOf(keys)
      return []
    case 'settings':
      reload(order.settings)
      return []
    case 'listen':
      await listen()
      return []
    case 'drain':
      await Promise.all([n5gEir.drain(order.graceMs), s13?.drain(order.graceMs)])
      overload.stop()
      handOverHits()
      return []
  }
}

function reload(next: CheckSettings): void {
  const isOtherMemory = next.rememberedPhones !== settings.rememberedPhones
  settings = next
  tokenize = tokenizerOf(keys)
  if (isOtherMemory) recent = newRecent()
  n5gEir.reload(next.n5gEir)
  if (next.s13) s13?.reload(next.s13)
}

async function listen(): Promise<void> {
  const reusePort = start.isOneOfSeveral
  const { n5gEir: at, s13: s13At } = settings
  const listening = [once(n5gEir.server.listen({ host: at.host, port: at.port, reusePort }), 'listening')]
  if (s13 && s13At)
    listening.push(once(s13.server.listen({ host: s13At.host, port: s13At.port, reusePort }), 'listening'))
  await Promise.all(listening)
}

port.on('message', (order: Numbered) => {
  carryOut(order)
    .then((attached) => {
      tell({ type: 'done', number: order.number, attached })
      // Nothing is left to do, and the thread ends by itself.
      if (order.type === 'drain') port.close()
    })
    .catch((error: unknown) => {
      // An order that cannot be carried out ends the thread: the edge learns of it there.
      throw error
    })
})
