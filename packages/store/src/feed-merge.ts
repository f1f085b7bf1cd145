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
  if (feed.mode === 'delta') return mergeDelta(tx, feed)
  if (await isSwappedIn(tx, feed)) return
  await foldStagedRows(tx, feed)
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

/** Makes one row of all staged rows that have one key; the others stay as they lie. */
async function foldStagedRows(tx: Transaction<Database>, feed: StoredFeed): Promise<void> {
  const staged = sql.raw(stagingTable(feed))
  const { key, columns, fold } = merges[feed.kind]
  const keys = sql.raw(key.join(', '))
  const sameKey = sql.raw(key.map((column) => `staged.${column} = doubled.${column}`).join(' AND '))
  await sql`
    WITH doubled AS (SELECT ${keys} FROM ${staged} GROUP BY ${keys} HAVING count(*) > 1),
    gone AS (DELETE FROM ${staged} staged USING doubled WHERE ${sameKey} RETURNING staged.*)
    INSERT INTO ${staged} (${keys}, ${sql.raw(columns.join(', '))}, part, is_ended)
    SELECT ${keys}, ${sql.raw(fold.join(', '))}, max(part), false FROM gone GROUP BY ${keys}`.execute(tx)
}

async function mergeDelta(tx: Transaction<Database>, feed: StoredFeed): Promise<void> {
  const { telcoId } = feed
  const staged = sql.raw(stagingTable(feed))
  const { table, key, columns, fold, change } = merges[feed.kind]
  const live = sql.raw(table)
  const keys = sql.raw(key.join(', '))
  const sameKey = sql.raw(key.map((column) => `staged.${column} = live.${column}`).join(' AND '))
  await sql`ANALYZE ${staged}`.execute(tx)
  await sql`
    DELETE FROM ${live} live USING ${staged} staged
    WHERE staged.is_ended AND live.telco_id = ${telcoId} AND ${sameKey}`.execute(tx)
  // In key order, so that neighbouring rows touch the same index pages.
  await sql`
    INSERT INTO ${live} AS live (telco_id, ${sql.raw([...key, ...columns].join(', '))})
    SELECT ${telcoId}::smallint, ${sql.raw([...key, ...fold].join(', '))}
    FROM ${staged} staged WHERE NOT is_ended
    GROUP BY ${keys} ORDER BY ${keys}
    ON CONFLICT (telco_id, ${keys}) DO UPDATE SET ${sql.raw(change.set)}
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
