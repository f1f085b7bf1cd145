import type { Schemas } from '@pcbs/contract'
import { isRange, type ListChange, type ListException } from '@pcbs/seal'
import { networkChange, type StoredChange, type StoredException } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'

type Keys = Pick<Context, 'keys' | 'telcos'>

/** A SIM that is let through as networks get it: its telco's own token again. */
export function wireException(context: Keys, sim: StoredException): ListException {
  return { telcoId: sim.telcoId, imsiToken: ownToken(context, sim) }
}

/** A change as networks get it. */
export function wireChange(context: Keys, change: StoredChange): ListChange {
  return networkChange(change, (sim) => ownToken(context, sim))
}

function ownToken(context: Keys, { telcoId, imsi, epoch }: StoredException): string {
  const telco = telcoById(context, telcoId)
  return context.keys.unwrap(telco, Buffer.from(imsi, 'hex'), epoch ?? 1).toString('hex')
}

/** A change in the contract's mutable form. */
export function changeBody(change: ListChange): Schemas['BlockListChange'] {
  return isRange(change)
    ? { ...change, tacs: { ...change.tacs } }
    : { ...change, exceptions: [...change.exceptions] }
}
