import { encodeLogEntry, type LogEntryType, type LogFields } from '@pcbs/seal'
import { queueLogEntry, type RegistryDb } from '@pcbs/store'
import type { Context } from '../context.ts'

/**
 * Writes down for the transparency log what is done in a transaction; done and written are one. What cannot be written
 * down is not done.
 */
export async function record<Type extends LogEntryType>(
  { now }: Pick<Context, 'now'>,
  db: RegistryDb,
  type: Type,
  fields: LogFields<Type>,
): Promise<void> {
  await queueLogEntry(db, encodeLogEntry(type, now().getTime(), fields))
}
