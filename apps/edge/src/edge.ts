import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { connectRegistry, type FollowEvent, fetchTelcoKey, followList } from '@pcbs/sdk'
import { makeToken, type TelcoKey } from '@pcbs/seal'
import { EdgeList, type ImsiTokenizer } from './block-list/edge-list.ts'
import { openListFiles } from './block-list/list-files.ts'
import type { EdgeConfig } from './config.ts'
import { logEvent } from './log.ts'
import { createN5gEirServer } from './n5g-eir/server.ts'

/** A running edge. */
export interface RunningEdge {
  /** Answers what is under way, then ends. */
  stop(): Promise<void>
}

/** Pause before the custodian is asked for the key again. */
const keyRetryMs = 5000

/** Requests to the registry are tried once: the loop around them never ends. */
const policy = { attempts: 1, firstPauseMs: 0, longestPauseMs: 0 }

/** Starts an edge. It answers from its own files at once, whether or not the registry is there. */
export async function startEdge(config: EdgeConfig): Promise<RunningEdge> {
  const { registry, host, port, name, unknownDevice } = config
  const list = new EdgeList()
  const copy = await openListFiles(list, registry.stateFolder)
  const stopping = new AbortController()
  const { signal } = stopping

  let tokenize: ImsiTokenizer
  const keyArrives = keepAsking(config, signal, (key) => {
    tokenize = (imsi) => makeToken(key, 'imsi', imsi).bytes.toString('hex')
  })

  const { server, drain } = createN5gEirServer({ list, unknownDevice, tokenize: () => tokenize })
  server.listen(port, host)
  await once(server, 'listening')
  logEvent('started', { port, seq: copy.position?.seq ?? 0, entries: list.size })

  const following = connectRegistry(registry, ['list', 'hits'], policy).then((client) =>
    followList({ client, root: registry.listRoot, copy, edge: name, onEvent: tell, signal }),
  )
  return {
    async stop() {
      logEvent('stopping', {})
      stopping.abort()
      await Promise.all([drain(), following, keyArrives])
    },
  }
}

async function keepAsking(
  { registry }: EdgeConfig,
  signal: AbortSignal,
  take: (key: TelcoKey) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const key = await fetchTelcoKey(registry)
      take(key)
      logEvent('key_arrived', { epoch: key.epoch })
      return
    } catch {
      logEvent('key_missing', {})
      await delay(keyRetryMs, undefined, { signal }).catch(() => {})
    }
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
