import { ping } from '@pcbs/store'
import type { Handler } from '../http/operation.ts'
import { Problem } from '../http/problems.ts'

export const getReadiness: Handler<'getReadiness'> = async (_input, { db }) => {
  await ping(db).catch(() => {
    throw new Problem('unavailable', 'The database does not answer.', { retryAfterSeconds: 5 })
  })
  return { status: 200, body: { status: 'ok' } }
}
