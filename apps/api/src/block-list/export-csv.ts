import type { ListStatus } from '@pcbs/seal'
import type { StoredException, StoredTacs, Telco } from '@pcbs/store'
import type { Context } from '../context.ts'
import { wireException } from './wire.ts'

/** The columns of an export, in order; docs/formats.md says what each is. */
const columns = [
  'seq',
  'imei',
  'tac_from',
  'tac_to',
  'status',
  'reason',
  'changed_at',
  'allowed_imsi_tokens',
] as const

/** What a row of an export is made from: a phone, or a range of models. */
export interface ExportRow {
  readonly seq: number
  readonly status: ListStatus
  readonly reason?: string
  readonly at: Date
  readonly imei?: string
  readonly tacs?: StoredTacs
  readonly exceptions?: readonly StoredException[]
}

/** Rows as CSV (RFC 4180) for a telco: of the SIMs that are let through, its own. No value needs quotes. */
export function exportCsv(
  context: Pick<Context, 'keys' | 'telcos'>,
  telco: Telco,
  rows: readonly ExportRow[],
): string {
  const lines = rows.map(({ seq, imei, tacs, status, reason, at, exceptions = [] }) => {
    const own = exceptions.filter(({ telcoId }) => telcoId === telco.id)
    const values: Readonly<Record<(typeof columns)[number], string>> = {
      seq: String(seq),
      imei: imei ?? '',
      tac_from: tacs?.from ?? '',
      tac_to: tacs?.to ?? '',
      status,
      reason: reason ?? '',
      changed_at: at.toISOString(),
      allowed_imsi_tokens: own.map((each) => wireException(context, each).imsiToken).join(' '),
    }
    return columns.map((column) => values[column]).join(',')
  })
  return [columns.join(','), ...lines].map((line) => `${line}\r\n`).join('')
}
