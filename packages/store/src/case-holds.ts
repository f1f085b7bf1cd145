import { type BlockReason, type Hold, type LetThrough, type ListedStatus, listedStates } from '@pcbs/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { StoredEntry } from './block-list.ts'
import type { Database, StoredException } from './schema.ts'
import { tokenBytes, tokenValues } from './token-values.ts'

/** The exceptions of the query's `block_case`, as core orders them. */
export const exceptionsOfCase = sql<LetThrough[]>`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('telcoId', e.telco_id, 'imsi', replace(e.imsi::text, '-', ''),
    'epoch', e.token_epoch) ORDER BY e.telco_id, e.imsi), '[]')
  FROM case_exception e WHERE e.case_id = block_case.id)`

/** How the query's `block_case` holds its phones. The lifecycle knows blocks alone: no case only watches a phone. */
const holdOfCase = sql<Hold>`jsonb_build_object('status', 'PROHIBITED', 'reason', block_case.reason, 'exceptions', ${exceptionsOfCase})`

/** What cases say of a phone, and what the list does. */
export interface PhoneClaims {
  readonly holds: readonly Hold[]
  readonly entry: StoredEntry | undefined
}

/** A phone by its stored token and by its 14 digits. */
export interface NamedPhone {
  readonly token: Uint8Array
  readonly imei: string
}

/**
 * What cases and list say of phones, in the order asked. Whoever derives an entry from it has locked the phones, so that
 * no case joins or leaves meanwhile.
 */
export async function listClaims(
  tx: Transaction<Database>,
  phones: readonly NamedPhone[],
): Promise<readonly PhoneClaims[]> {
  const { rows } = await sql<{
    holds: readonly Hold[]
    status: ListedStatus | null
    reason: BlockReason | null
    exceptions: StoredException[]
  }>`
    SELECT held.holds, entry.status, entry.reason, entry.exceptions
    FROM unnest(${phones.map(({ token }) => token)}::bytea[], ${phones.map(({ imei }) => Number(imei))}::bigint[])
      WITH ORDINALITY AS asked(token, imei, place)
    LEFT JOIN list_entry entry ON entry.imei = asked.imei
    CROSS JOIN LATERAL (
      SELECT coalesce(jsonb_agg(${holdOfCase}), '[]') AS holds
      FROM case_imei JOIN block_case ON block_case.id = case_imei.case_id
      WHERE case_imei.imei = token(asked.token) AND block_case.state = ANY (${[...listedStates]}::text[])
    ) AS held
    ORDER BY asked.place`.execute(tx)
  return rows.map(({ holds, status, reason, exceptions }, place) => ({
    holds,
    entry:
      status === null
        ? undefined
        : { imei: phones[place]?.imei ?? '', status, exceptions, ...(reason !== null && { reason }) },
  }))
}

/** A phone that a case holds on the list. */
export interface PhoneHold {
  readonly imei: Buffer
  readonly hold: Hold
}

/** How cases hold these phones on the list. */
export async function listHolds(
  db: Kysely<Database>,
  imeis: readonly Uint8Array[],
): Promise<readonly PhoneHold[]> {
  const { rows } = await sql<{ imei: string; hold: Hold }>`
    SELECT case_imei.imei, ${holdOfCase} AS hold FROM case_imei JOIN block_case ON block_case.id = case_imei.case_id
    WHERE case_imei.imei IN ${tokenValues(imeis)} AND block_case.state = ANY (${[...listedStates]}::text[])`.execute(
    db,
  )
  return rows.map(({ imei, hold }) => ({ imei: tokenBytes(imei), hold }))
}
