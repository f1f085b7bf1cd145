import { setTimeout as delay } from 'node:timers/promises'
import { SdkError } from '../errors.ts'
import { failureCode } from './failure-code.ts'

/** How long to keep trying. */
export interface RetryPolicy {
  readonly attempts: number
  /** The first pause at its longest; each further one is twice as long. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** A try that is not over in this time has failed, and the next one begins; as long as the platform takes where left out. */
  readonly tryMs?: number
  /** Gives everything up at once, tries and pauses, when it aborts. */
  readonly signal?: AbortSignal
}

/** A telco's nightly job: some minutes of registry restart are ridden out. */
export const patientPolicy: RetryPolicy = { attempts: 12, firstPauseMs: 250, longestPauseMs: 30_000 }

/** Answers that a later try may better. */
const passingStatuses = new Set([429, 502, 503, 504])

/**
 * How long to pause before the next try: what the server asks for, else a random time that doubles at its
 * longest with every try, so that many clients do not come back at once.
 * @param random from 0 to 1
 */
export function pauseBefore(
  attempt: number,
  retryAfter: string | null,
  policy: RetryPolicy,
  random: number,
): number {
  const asked = Number(retryAfter)
  if (retryAfter !== null && Number.isFinite(asked) && asked >= 0)
    return asked * 1000 + random * policy.firstPauseMs
  const longest = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** attempt)
  return longest * (0.5 + random / 2)
}

/** Whether the server asks for a pause that nobody waits for, such as until a budget of the day is renewed. */
function isTooLong(retryAfter: string | null, { longestPauseMs }: RetryPolicy): boolean {
  return Number(retryAfter) * 1000 > longestPauseMs
}

/**
 * Sends a request until it is answered with something that lasts.
 * @param makeRequest makes the request anew for every try, since proofs are good once
 * @throws the reason of the request's or the policy's signal once it aborts
 * @throws {SdkError} `registry-away` when the tries are used up without any answer
 */
export async function fetchPatiently(
  policy: RetryPolicy,
  makeRequest: () => Promise<Request>,
): Promise<Response> {
  let failure: unknown
  for (let attempt = 0; attempt < policy.attempts; attempt++) {
    const isLast = attempt === policy.attempts - 1
    const request = await makeRequest()
    const signal = policy.signal ? AbortSignal.any([request.signal, policy.signal]) : request.signal
    let retryAfter: string | null = null
    try {
      const response = await fetch(request, { signal: limited(signal, policy) })
      retryAfter = response.headers.get('retry-after')
      if (isLast || !passingStatuses.has(response.status) || isTooLong(retryAfter, policy)) return response
      await response.body?.cancel()
    } catch (error) {
      // Its sender gave it up.
      if (signal.aborted) throw error
      failure = error
    }
    if (!isLast) await delay(pauseBefore(attempt, retryAfter, policy, Math.random()), undefined, { signal })
  }
  throw new SdkError('registry-away', `${policy.attempts} tries: ${failureCode(failure)}.`, {
    cause: failure,
  })
}

function limited(signal: AbortSignal, { tryMs }: RetryPolicy): AbortSignal {
  return tryMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(tryMs)])
}
