import { sql, type Transaction } from 'kysely'
import { findDatabaseFault } from './errors.ts'
import type { StoredFeed } from './feeds.ts'
import type { Database } from './schema.ts'

/**
 * Applies a feed's staged rows to the telco's share of the live table, as sets, inside the caller's
 * transaction: visible at once or not at all. A snapshot also ends whatever it does not contain.
 */
export async function mergeFeed(tx: Transaction<Database>, feed: StoredFeed): Promise<void> {
  const { kind, number, mode } = feed
  if (mode === 'delta') {
    await sql`SELECT merge_delta(${kind}, ${number})`.execute(tx)
    return
  }
  if (await isSwappedIn(tx, feed)) return
  await sql`SELECT fold_staged(${kind}, ${number})`.execute(tx)
  await swapIn(tx, feed)
}

/** Makes the staged rows the telco's partitions as they lie; not possible where two of them have one key. */
async function isSwappedIn(tx: Transaction<Database>, feed: StoredFeed): Promise<boolean> {
  await sql`SAVEPOINT swap`.execute(tx)
  try {
    await swapIn(tx, feed)
    return true
  } catch (error) {
    if (findDatabaseFault(error)?.sqlState !== uniqueViolation) throw error
    await sql`ROLLBACK TO SAVEPOINT swap`.execute(tx)
    return false
  }
}

const uniqueViolation = '23505'

async function swapIn(tx: Transaction<Database>, { kind, number }: StoredFeed): Promise<void> {
  await sql`SELECT swap_in_snapshot(${kind}, ${number})`.execute(tx)
}
