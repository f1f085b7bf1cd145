import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'
import { tokenBytes, tokenValue } from './token-values.ts'

/** A look-up of the phones that a subscription used, to be remembered. */
export interface PhoneLookup {
  readonly telcoId: number
  readonly id: string
  readonly subscription: Uint8Array
  readonly at: Date
}

/** Remembers a look-up, so that the subscription's owner can learn of it. */
export async function insertPhoneLookup(
  tx: Transaction<Database>,
  { telcoId, id, subscription, at }: PhoneLookup,
): Promise<void> {
  await tx
    .insertInto('phone_lookup')
    .values({ telco_id: telcoId, id, subscription: tokenValue(subscription), at })
    .execute()
}

/** Ids of the look-ups of a subscription's phones, by its tokens' stored forms. */
export async function listLookupsOfSubscription(
  db: Kysely<Database>,
  telcoId: number,
  tokens: readonly Uint8Array[],
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('phone_lookup')
    .select('id')
    .where('telco_id', '=', telcoId)
    .where('subscription', 'in', tokens.map(tokenValue))
    .execute()
  return rows.map(({ id }) => id)
}

/** A phone that a subscription used. Days are ISO. */
export interface UsedPhone {
  readonly imei: Buffer
  readonly firstSeen: string
  readonly lastSeen: string
}

/** Phones shown at most: a subscription with more is no person's. */
const mostPhones = 50

/** The phones that a subscription used since a day, the last used before the others. */
export async function listPhonesOf(
  db: Kysely<Database>,
  { telcoId, subscription }: { readonly telcoId: number; readonly subscription: Uint8Array },
  since: string,
): Promise<readonly UsedPhone[]> {
  const { rows } = await sql<{ imei: string; first_seen: string; last_seen: string }>`
    SELECT imei, min(first_seen) AS first_seen, max(last_seen) AS last_seen FROM pairing
    WHERE telco_id = ${telcoId} AND subscription = ${tokenValue(subscription)} AND last_seen >= ${since}
    GROUP BY imei ORDER BY 3 DESC, 1 LIMIT ${sql.lit(mostPhones)}`.execute(db)
  return rows.map(({ imei, first_seen: firstSeen, last_seen: lastSeen }) => ({
    imei: tokenBytes(imei),
    firstSeen,
    lastSeen,
  }))
}
