import { deletePairingsBefore } from '@pcbs/store'
import type { Context } from '../context.ts'

const dayMs = 24 * 60 * 60 * 1000

/** Forgets every use of a phone that lies before the look-back. Gives how many rows went. */
export async function forgetOldPairings({ config, ingest, telcos, now }: Context): Promise<number> {
  const before = new Date(now().getTime() - config.lookBackDays * dayMs).toISOString().slice(0, 10)
  let forgotten = 0
  for (const { id } of telcos) forgotten += await deletePairingsBefore(ingest.db, id, before)
  return forgotten
}
