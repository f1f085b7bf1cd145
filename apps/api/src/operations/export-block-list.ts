import { createHash } from 'node:crypto'
import { getListHead, listChangesAfter, listEntriesAfter, listRanges } from '@pcbs/store'
import { requireTelco } from '../auth/require.ts'
import { type ExportRow, exportCsv } from '../block-list/export-csv.ts'
import type { Context } from '../context.ts'
import type { Handler, Input } from '../http/operation.ts'

export const exportBlockList: Handler<'exportBlockList'> = async ({ query, principal }, context) => {
  const telco = requireTelco(principal)
  const page = await readPage(context, query)
  const body = exportCsv(context, telco, page.rows)
  const proof = context.signer.signExport({
    telco: telco.code,
    kind: page.kind,
    after: page.after,
    seq: page.seq,
    rows: page.rows.length,
    digest: createHash('sha256').update(body).digest('hex'),
    atMs: context.now().getTime(),
  })
  const headers = {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'PCBS-Proof': Buffer.from(JSON.stringify(proof)).toString('base64url'),
    ...(page.next !== undefined && { Link: `</v1/block-list/export?${page.next}>; rel="next"` }),
  }
  return { status: 200, body, headers }
}

/** A page, and the query of the one behind it. */
interface Page {
  readonly kind: 'full' | 'changes'
  readonly after: string
  readonly seq: number
  readonly rows: readonly ExportRow[]
  readonly next: string | undefined
}

async function readPage(
  { db }: Context,
  { changesAfter, fromImei, limit = 10_000 }: Input<'exportBlockList'>['query'],
): Promise<Page> {
  if (changesAfter !== undefined) {
    const rows = await listChangesAfter(db, changesAfter, limit)
    const seq = rows.at(-1)?.seq ?? changesAfter
    const next = rows.length === limit ? `changesAfter=${seq}&limit=${limit}` : undefined
    return { kind: 'changes', after: String(changesAfter), seq, rows, next }
  }
  // The sequence first: what changes while the page is read comes again as a change after it.
  const { seq } = await getListHead(db)
  const phones = await listEntriesAfter(db, fromImei, limit)
  const last = phones.at(-1)
  const next = last && phones.length === limit ? `fromImei=${last.imei}&limit=${limit}` : undefined
  const rows = next === undefined ? [...phones, ...(await listRanges(db))] : phones
  return { kind: 'full', after: fromImei ?? 'start', seq, rows, next }
}
