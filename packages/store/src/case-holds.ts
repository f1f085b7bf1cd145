import { type BlockReason, type Hold, type LetThrough, listedStates } from '@pcbs/core'
import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import { tokenBytes, tokenValues } from './token-values.ts'

/** The exceptions of the query's `block_case`, as core orders them. */
export const exceptionsOfCase = sql<LetThrough[]>`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('telcoId', e.telco_id, 'imsi', replace(e.imsi::text, '-', ''),
    'epoch', e.token_epoch) ORDER BY e.telco_id, e.imsi), '[]')
  FROM case_exception e WHERE e.case_id = block_case.id)`

/** A phone that a case holds on the list. */
export interface PhoneHold {
  readonly imei: Buffer
  readonly hold: Hold
}

/**
 * How cases hold these phones on the list. Whoever derives an entry from it has locked the phones, so that no case joins
 * or leaves meanwhile.
 */
export async function listHolds(
  db: Kysely<Database>,
  imeis: readonly Uint8Array[],
): Promise<readonly PhoneHold[]> {
  const { rows } = await sql<{ imei: string; reason: BlockReason; exceptions: LetThrough[] }>`
    SELECT case_imei.imei, block_case.reason, ${exceptionsOfCase} AS exceptions
    FROM case_imei JOIN block_case ON block_case.id = case_imei.case_id
    WHERE case_imei.imei IN ${tokenValues(imeis)} AND block_case.state = ANY (${[...listedStates]}::text[])`.execute(
    db,
  )
  return rows.map(({ imei, reason, exceptions }) => ({
    imei: tokenBytes(imei),
    // The lifecycle knows blocks alone: no case only watches a phone.
    hold: { status: 'PROHIBITED', reason, exceptions },
  }))
}
