import { sql, type Transaction } from 'kysely'
import { findDatabaseFault } from './errors.ts'
import { stagingTable } from './feed-staging.ts'
import type { StoredFeed } from './feeds.ts'
import type { Database } from './schema.ts'

/**
 * Applies a feed's staged rows to the telco's share of the live table, as sets, inside the caller's
 * transaction: visible at once or not at all. A snapshot also ends whatever it does not contain.
 */
export async function mergeFeed(tx: Transaction<Database>, feed: StoredFeed): Promise<void> {
  if (feed.mode === 'snapshot' && (await isSwappedIn(tx, feed))) return
  await mergeRows(tx, feed)
}

/** Makes the staged rows the telco's partitions as they lie; not possible where two of them have one key. */
async function isSwappedIn(tx: Transaction<Database>, { kind, number }: StoredFeed): Promise<boolean> {
  await sql`SAVEPOINT swap`.execute(tx)
  try {
    await sql`SELECT swap_in_snapshot(${kind}, ${number})`.execute(tx)
    return true
  } catch (error) {
    if (findDatabaseFault(error)?.sqlState !== uniqueViolation) throw error
    await sql`ROLLBACK TO SAVEPOINT swap`.execute(tx)
    return false
  }
}

const uniqueViolation = '23505'

async function mergeRows(tx: Transaction<Database>, feed: StoredFeed): Promise<void> {
  const { telcoId, mode } = feed
  const staged = sql.raw(stagingTable(feed))
  const { table, key, columns, fold, change } = merges[feed.kind]
  const live = sql.raw(table)
  const sameKey = sql.raw(key.map((column) => `staged.${column} = live.${column}`).join(' AND '))
  const isGone =
    mode === 'snapshot'
      ? sql`NOT EXISTS (SELECT FROM ${staged} staged WHERE NOT staged.is_ended AND ${sameKey})`
      : sql`EXISTS (SELECT FROM ${staged} staged WHERE staged.is_ended AND ${sameKey})`
  await sql`ANALYZE ${staged}`.execute(tx)
  await sql`DELETE FROM ${live} live WHERE live.telco_id = ${telcoId} AND ${isGone}`.execute(tx)
  // In key order, so that neighbouring rows touch the same index pages.
  await sql`
    INSERT INTO ${live} AS live (telco_id, ${sql.raw([...key, ...columns].join(', '))})
    SELECT ${telcoId}::smallint, ${sql.raw([...key, ...fold].join(', '))}
    FROM ${staged} staged WHERE NOT is_ended
    GROUP BY ${sql.raw(key.join(', '))} ORDER BY ${sql.raw(key.join(', '))}
    ON CONFLICT (telco_id, ${sql.raw(key.join(', '))}) DO UPDATE SET ${sql.raw(change.set)}
    WHERE ${sql.raw(change.when)}`.execute(tx)
}

/** How each kind of feed merges: its key, how rows of one key fold into one, and when a live row changes. */
const merges = {
  subscribers: {
    table: 'subscriber',
    key: ['subscription'],
    columns: ['owner_tag'],
    // A subscription sent twice with two owners keeps the one sent last.
    fold: ['(array_agg(owner_tag ORDER BY part DESC))[1]'],
    change: { set: 'owner_tag = excluded.owner_tag', when: 'live.owner_tag <> excluded.owner_tag' },
  },
  pairings: {
    table: 'pairing',
    key: ['imei', 'imsi', 'subscription'],
    columns: ['first_seen', 'last_seen', 'rat'],
    fold: ['min(first_seen)', 'max(last_seen)', 'max(rat)'],
    change: {
      set: 'first_seen = least(live.first_seen, excluded.first_seen), last_seen = greatest(live.last_seen, excluded.last_seen), rat = excluded.rat',
      when: 'excluded.first_seen < live.first_seen OR excluded.last_seen > live.last_seen OR excluded.rat <> live.rat',
    },
  },
} as const
