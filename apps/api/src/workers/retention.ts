import { addDays, dayAt } from '@pcbs/core'
import { deletePairingsBefore } from '@pcbs/store'
import type { Context } from '../context.ts'
import { nationOf } from '../policy/policies.ts'

/** Forgets every use of a phone that lies before the look-back. Gives how many rows went. */
export async function forgetOldPairings(context: Context): Promise<number> {
  const { config, ingest, telcos, now } = context
  const before = addDays(dayAt(now().getTime(), nationOf(context).timeZone), -config.lookBackDays)
  let forgotten = 0
  for (const { id } of telcos) forgotten += await deletePairingsBefore(ingest.db, id, before)
  return forgotten
}
