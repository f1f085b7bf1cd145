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

/**
 * Does something once per client and Idempotency-Key. A repetition does nothing and gets the resource that
 * the first one made; the same key with another request is refused.
 * @param create does it and gives the name of what it made, in the transaction that also remembers the key
 */
export async function once<Id extends OperationId>(
  context: Context,
  operation: Id,
  input: Input<Id>,
  create: (tx: RegistryTransaction) => Promise<string>,
): Promise<string> {
  const request: RepeatableRequest = {
    client: nameOf(input.principal),
    key: input.header('idempotency-key') ?? '',
    requestMac: context.keys.requestMac(operation, [input.path, input.body]),
  }
  const made = await resourceOf(context, request)
  if (made !== undefined) return made
  try {
    return await context.db.transaction().execute(async (tx) => {
      const resource = await create(tx)
      await rememberRequest(tx, request, resource)
      return resource
    })
  } catch (error) {
    // Two at once: the second waited for the first on the key's row, and what it did is undone.
    if (findDatabaseFault(error)?.constraint !== 'idempotency_pkey') throw error
    const madeMeanwhile = await resourceOf(context, request)
    if (madeMeanwhile === undefined) throw error
    return madeMeanwhile
  }
}

async function resourceOf({ db }: Context, request: RepeatableRequest): Promise<string | undefined> {
  const remembered = await findRepeated(db, request)
  if (!remembered) return undefined
  if (!remembered.requestMac.equals(request.requestMac)) {
    throw new Problem('idempotency-conflict', 'Send a fresh Idempotency-Key with every new request.')
  }
  return remembered.resource
}
