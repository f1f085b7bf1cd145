import { once } from 'node:events'
import type { Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connectRegistry, type FollowEvent, fetchTelcoKeys, followList } from '@pcbs/sdk'
import { encodeToken, makeToken, type TelcoKey } from '@pcbs/seal'
import { EdgeList, type ImsiTokenizer } from './block-list/edge-list.ts'
import { openListFiles } from './block-list/list-files.ts'
import type { CheckContext } from './checks/check-phone.ts'
import type { EdgeConfig } from './config.ts'
import { deliverHits } from './hits/deliver.ts'
import { HitQueue } from './hits/hit-queue.ts'
import { logEvent } from './log.ts'
import { createN5gEirServer } from './n5g-eir/server.ts'
import { createS13Server } from './s13/server.ts'

/** A running edge. */
export interface RunningEdge {
  /** Answers what is under way, then ends. */
  stop(): Promise<void>
}

/** What answers checks over one interface. */
interface CheckServer {
  readonly server: Server
  readonly at: { readonly host: string; readonly port: number }
  /** Answers what is under way, takes nothing new. */
  drain(): Promise<void>
}

/** Pause before a custodian that did not answer is asked again, and before one that did is asked for newer keys. */
const keyRetryMs = 5000
const keyRenewalMs = 60_000

/** Requests to the registry are tried once: the loop around them never ends. */
const policy = { attempts: 1, firstPauseMs: 0, longestPauseMs: 0 }

/** Starts an edge. It answers from its own files at once, whether or not the registry is there. */
export async function startEdge(config: EdgeConfig): Promise<RunningEdge> {
  const { registry, host, port, name, unknownDevice, s13 } = config
  const list = new EdgeList()
  const copy = await openListFiles(list, registry.stateFolder)
  const stopping = new AbortController()
  const { signal } = stopping

  const hits = await HitQueue.open(registry.stateFolder, name)

  let key: TelcoKey | undefined
  let tokenize: ImsiTokenizer
  const keysArrive = keepAsking(config, signal, (keys) => {
    key = keys[0]
    // A SIM may have been let through under an older key.
    tokenize = (imsi) => keys.map((each) => makeToken(each, 'imsi', imsi).bytes.toString('hex'))
  })

  const checks: CheckContext = {
    list,
    unknownDevice,
    tokenize: () => tokenize,
    onHit({ imei, imsi, status }) {
      const token = imsi && key ? encodeToken(makeToken(key, 'imsi', imsi)) : undefined
      hits.add({ imei, status, ...(token !== undefined && { imsi: token }) })
    },
  }
  const servers: CheckServer[] = [{ ...createN5gEirServer(checks), at: { host, port } }]
  if (s13) servers.push({ ...createS13Server(checks, s13), at: { host: s13.host, port: s13.port } })
  for (const { server, at } of servers) await once(server.listen(at), 'listening')
  logEvent('started', { port, s13Port: s13?.port ?? 0, seq: copy.position?.seq ?? 0, entries: list.size })

  const client = await connectRegistry(registry, ['list', 'hits'], policy)
  const following = followList({ client, root: registry.listRoot, copy, edge: name, onEvent: tell, signal })
  const delivering = deliverHits(hits, client, signal)
  return {
    async stop() {
      logEvent('stopping', {})
      stopping.abort()
      await Promise.all([...servers.map(({ drain }) => drain()), following, delivering, keysArrive])
    },
  }
}

async function keepAsking(
  { registry }: EdgeConfig,
  signal: AbortSignal,
  take: (keys: readonly [TelcoKey, ...TelcoKey[]]) => void,
): Promise<void> {
  let known = 0
  while (!signal.aborted) {
    let pauseMs = keyRenewalMs
    try {
      const keys = await fetchTelcoKeys(registry)
      const [{ epoch }] = keys
      take(keys)
      if (epoch !== known) logEvent('key_arrived', { epoch })
      known = epoch
    } catch {
      // With a key in hand the edge goes on as it is.
      if (known === 0) logEvent('key_missing', {})
      pauseMs = keyRetryMs
    }
    await delay(pauseMs, undefined, { signal }).catch(() => {})
  }
}

function tell(event: FollowEvent): void {
  switch (event.type) {
    case 'applied':
      logEvent('list_applied', { seq: event.seq, changes: event.changes })
      break
    case 'alarm':
      logEvent('list_alarm', { reason: event.reason })
      break
    case 'away':
      logEvent('registry_away', { reason: event.reason })
      break
  }
}
