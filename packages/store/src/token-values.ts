import { type RawBuilder, sql } from 'kysely'

/** A token as a query's value: a bytea parameter, stored as uuid. */
export function tokenValue(token: Uint8Array): RawBuilder<string> {
  return sql<string>`token(${Buffer.from(token)})`
}

/** Tokens as a query's list of values. */
export function tokenValues(tokens: readonly Uint8Array[]): RawBuilder<string> {
  return sql<string>`(SELECT token(bytes) FROM unnest(${tokens}::bytea[]) AS bytes)`
}

/** The 16 bytes of a stored token. */
export function tokenBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}
