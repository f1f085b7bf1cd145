import { findOnPhone } from '../block-list/find-on-phone.ts'
import { readImei } from '../http/imei-input.ts'
import type { Handler } from '../http/operation.ts'

export const checkImei: Handler<'checkImei'> = async ({ body }, context) => {
  const { verdict } = await findOnPhone(context, readImei('body.imei', body.imei))
  return { status: 200, body: { status: verdict.status === 'PROHIBITED' ? 'blocked' : 'not blocked' } }
}
