import { ping } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'
import { within } from '../within.ts'

/** A load balancer asks again in a moment; a database that is silent for so long does not serve. */
const patienceMs = 3000

export const getReadiness: Handler<'getReadiness'> = async (_input, { db }) => {
  await within(patienceMs, ping(db)).catch(() => {
    throw new Problem('unavailable', 'The database does not answer.', { retryAfterSeconds: 5 })
  })
  return { status: 200, body: { status: 'ok' } }
}
