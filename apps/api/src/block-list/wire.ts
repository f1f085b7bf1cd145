import type { Schemas } from '@pcbs/contract'
import { isRange, type ListChange, type ListException } from '@pcbs/seal'
import type { StoredChange, StoredException } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'

type Keys = Pick<Context, 'keys' | 'telcos'>

/** A SIM that is let through as networks get it: its telco's own token again. */
export function wireException(context: Keys, { telcoId, imsi, epoch }: StoredException): ListException {
  const telco = telcoById(context, telcoId)
  const token = context.keys.unwrap(telco, Buffer.from(imsi, 'hex'), epoch ?? 1)
  return { telcoId, imsiToken: token.toString('hex') }
}

/** A change as networks get it. */
export function wireChange(context: Keys, change: StoredChange): ListChange {
  const { seq, status, at, reason } = change
  const frame = { seq, status, atMs: at.getTime(), ...(reason && { reason }) }
  if ('tacs' in change) return { ...frame, tacs: change.tacs }
  const exceptions = change.exceptions.map((each) => wireException(context, each))
  return { ...frame, imei: change.imei, exceptions }
}

/** A change in the contract's mutable form. */
export function changeBody(change: ListChange): Schemas['BlockListChange'] {
  return isRange(change)
    ? { ...change, tacs: { ...change.tacs } }
    : { ...change, exceptions: [...change.exceptions] }
}
