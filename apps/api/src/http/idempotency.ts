import {
  findDatabaseFault,
  findRepeated,
  type RegistryTransaction,
  type RepeatableRequest,
  rememberRequest,
} from '@pcbs/store'
import { nameOf } from '../auth/principal.ts'
import type { Context } from '../context.ts'
import type { Input, OperationId } from './operation.ts'
import { Problem } from './problems.ts'

/** What a request is to make once. */
export interface OneTime<Id extends OperationId> {
  readonly operation: Id
  readonly input: Input<Id>
  /** The name of what it makes; a repetition gets that of the first one. */
  readonly resource: string
}

/** What was made: by this request, or by an earlier one of the same key, and then only its name is known. */
export type Made<Value> =
  | { readonly resource: string; readonly value: Value }
  | { readonly resource: string; readonly value?: never }

/**
 * Does something once per client and Idempotency-Key. A repetition does nothing and gets the resource that
 * the first one made; the same key with another request is refused.
 * @param create does it, in the transaction that also remembers the key: first of all, so that of two at once the second
 * waits and does nothing
 */
export async function once<Id extends OperationId, Value>(
  context: Context,
  { operation, input, resource }: OneTime<Id>,
  create: (tx: RegistryTransaction) => Promise<Value>,
): Promise<Made<Value>> {
  const request: RepeatableRequest = {
    client: nameOf(input.principal),
    key: input.header('idempotency-key') ?? '',
    requestMac: context.keys.requestMac(operation, [input.path, input.body]),
  }
  try {
    return await context.db.transaction().execute(async (tx) => {
      await rememberRequest(tx, request, resource)
      return { resource, value: await create(tx) }
    })
  } catch (error) {
    if (findDatabaseFault(error)?.constraint !== 'idempotency_pkey') throw error
    return { resource: await resourceOf(context, request) }
  }
}

async function resourceOf({ db }: Context, request: RepeatableRequest): Promise<string> {
  const remembered = await findRepeated(db, request)
  if (!remembered) throw new Error('a key that was just taken is gone')
  if (!remembered.requestMac.equals(request.requestMac)) {
    throw new Problem('idempotency-conflict', 'Send a fresh Idempotency-Key with every new request.')
  }
  return remembered.resource
}
