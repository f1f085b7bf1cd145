import { encodeLogEntry, type LogEntryType, type LogFields } from '@pcbs/seal'
import { queueLogEntries, type RegistryDb } from '@pcbs/store'
import type { Context } from '../context.ts'

/**
 * Writes down for the transparency log what is done in a transaction; done and written are one. What cannot be written
 * down is not done.
 */
export async function record<Type extends LogEntryType>(
  context: Pick<Context, 'now'>,
  db: RegistryDb,
  type: Type,
  fields: LogFields<Type>,
): Promise<void> {
  await recordAll(context, db, type, [fields])
}

/** Writes several things of one type down, in their order. */
export async function recordAll<Type extends LogEntryType>(
  { now }: Pick<Context, 'now'>,
  db: RegistryDb,
  type: Type,
  each: readonly LogFields<Type>[],
): Promise<void> {
  const atMs = now().getTime()
  await queueLogEntries(
    db,
    each.map((fields) => encodeLogEntry(type, atMs, fields)),
  )
}
