import type { Kysely, Transaction } from 'kysely'
import type { Database } from './schema.ts'

/** Who repeats what: a client's key and a keyed digest of the request. */
export interface RepeatableRequest {
  readonly client: string
  readonly key: string
  /** HMAC of operation and body: an unkeyed digest of an IMEI would give the IMEI back. */
  readonly requestMac: Buffer
}

/** The remembered request under this client's key, or `undefined` for a new one. */
export async function findRepeated(
  db: Kysely<Database>,
  { client, key }: Pick<RepeatableRequest, 'client' | 'key'>,
): Promise<{ requestMac: Buffer; resource: string } | undefined> {
  const row = await db
    .selectFrom('idempotency')
    .select(['request_mac', 'resource'])
    .where('client', '=', client)
    .where('key', '=', key)
    .executeTakeFirst()
  return row && { requestMac: row.request_mac, resource: row.resource }
}

/** Remembers what a request made, in the transaction that makes it. Fails on a key that is taken. */
export async function rememberRequest(
  tx: Transaction<Database>,
  { client, key, requestMac }: RepeatableRequest,
  resource: string,
): Promise<void> {
  await tx
    .insertInto('idempotency')
    .values({ client, key, request_mac: requestMac, resource, at: new Date() })
    .execute()
}
