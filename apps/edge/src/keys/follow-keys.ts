import { setTimeout as delay } from 'node:timers/promises'
import { failureCode, fetchTelcoKeys, SdkError, type TelcoConfiguration } from '@pcbs/sdk'
import { logEvent } from '../log.ts'
import type { TroubleNote } from '../operations/trouble.ts'
import { forgetKeys, keepSealed, readKeptKeys, type TelcoKeys } from './sealed-keys.ts'

/** Pause before a custodian that did not answer is asked again, and before one that did is asked for newer keys. */
const retryMs = 5000
const renewalMs = 60_000

/** Where the keys in use come from. */
export type KeySource = 'custodian' | 'disk' | 'none'

/** What following the keys takes. */
export interface FollowKeysParts {
  readonly registry: TelcoConfiguration
  /** Whether the keys are kept, sealed, for a start with the custodian away. */
  readonly isKept: boolean
  readonly custodian: TroubleNote
  readonly disk: TroubleNote
  readonly signal: AbortSignal
  /** Settles when the edge takes checks: with kept keys in hand it asks nobody before. */
  readonly isTakingChecks: Promise<void>
  /** Puts keys to use, the newest first. */
  take(keys: TelcoKeys): Promise<void>
}

/** The telco's keys, as an edge has them. */
export interface FollowedKeys {
  readonly source: KeySource
  /** Settles when there are keys, or the custodian was asked for them in vain. */
  readonly firstTry: Promise<void>
  /** Settles when the signal has aborted and nothing is under way. */
  readonly ended: Promise<void>
}

/**
 * Begins with the keys that a former run kept, and asks the custodian for newer ones until the signal aborts. With keys in
 * hand an edge goes on as it is, whoever is away.
 */
export async function followKeys(parts: FollowKeysParts): Promise<FollowedKeys> {
  const { registry, isKept, custodian, disk, signal, take } = parts
  const firstTry = Promise.withResolvers<void>()
  let source: KeySource = 'none'
  let inUse: TelcoKeys | undefined
  let onDisk: TelcoKeys | undefined

  async function use(keys: TelcoKeys, from: 'custodian' | 'disk'): Promise<void> {
    const isNew = !areSame(keys, inUse)
    if (isNew) await take(keys)
    if (isNew || source !== from) logEvent('key_arrived', { epoch: keys[0].epoch, source: from })
    inUse = keys
    source = from
    firstTry.resolve()
  }

  async function keep(keys: TelcoKeys): Promise<void> {
    if (!isKept || areSame(keys, onDisk)) return
    try {
      await keepSealed(registry, keys)
      onDisk = keys
      disk.succeeded()
    } catch (error) {
      disk.failed(failureCode(error))
    }
  }

  async function follow(): Promise<void> {
    if (inUse) await parts.isTakingChecks
    while (!signal.aborted) {
      let pauseMs = renewalMs
      try {
        const keys = await untilAborted(fetchTelcoKeys(registry), signal)
        await use(keys, 'custodian')
        custodian.succeeded()
        await keep(keys)
      } catch (error) {
        if (signal.aborted) break
        custodian.failed(reasonOf(error))
        pauseMs = retryMs
      }
      firstTry.resolve()
      await delay(pauseMs, undefined, { signal }).catch(() => {})
    }
    firstTry.resolve()
  }

  if (isKept) onDisk = await readKeptKeys(registry)
  else await forgetKeys(registry)
  if (onDisk) await use(onDisk, 'disk')
  const ended = follow()
  return {
    get source() {
      return source
    },
    firstTry: firstTry.promise,
    ended,
  }
}

function areSame(keys: TelcoKeys, others: TelcoKeys | undefined): boolean {
  return (
    keys.length === others?.length &&
    keys.every(({ epoch, key }, index) => epoch === others[index]?.epoch && key.equals(others[index].key))
  )
}

/** Waits for an answer no longer than until the signal aborts. */
async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
    work.catch(() => {})
  }
}

function reasonOf(error: unknown): string {
  return error instanceof SdkError ? error.message : failureCode(error)
}
