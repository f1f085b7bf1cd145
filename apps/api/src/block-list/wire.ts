import type { Schemas } from '@pcbs/contract'
import type { ListChange, ListEntry } from '@pcbs/seal'
import type { StoredChange, StoredEntry } from '@pcbs/store'
import { type Context, telcoById } from '../context.ts'

type Keys = Pick<Context, 'keys' | 'telcos'>

/** An entry as networks get it: exceptions are each telco's own tokens again. */
export function wireEntry(
  context: Keys,
  { imei, status, exceptions }: StoredEntry | StoredChange,
): ListEntry {
  return {
    imei,
    status,
    exceptions: exceptions.map(({ telcoId, imsi, epoch }) => ({
      telcoId,
      imsiToken: context.keys
        .unwrap(telcoById(context, telcoId), Buffer.from(imsi, 'hex'), epoch ?? 1)
        .toString('hex'),
    })),
  }
}

/** A change as networks get it. */
export function wireChange(context: Keys, change: StoredChange): ListChange {
  return { ...wireEntry(context, change), seq: change.seq, atMs: change.at.getTime() }
}

/** A change in the contract's mutable form. */
export function changeBody({ exceptions, ...change }: ListChange): Schemas['BlockListChange'] {
  return { ...change, exceptions: [...exceptions] }
}
