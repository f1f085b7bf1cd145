import { findListEntry } from '@pcbs/store'
import { readImei } from '../http/imei-input.ts'
import type { Handler } from '../http/operation.ts'

export const checkImei: Handler<'checkImei'> = async ({ body }, { db }) => {
  const entry = await findListEntry(db, readImei('body.imei', body.imei))
  return { status: 200, body: { status: entry?.status === 'PROHIBITED' ? 'blocked' : 'not blocked' } }
}
