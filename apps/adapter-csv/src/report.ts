import {
  type HomeNetwork,
  previewRows,
  type RejectCode,
  RowEncoder,
  rejectRemedies,
  type SourceRows,
} from '@pcbs/sdk'

/** Where a report is written, piece by piece: a dump may have more rejects than memory. */
export interface ReportSink {
  write(text: string): unknown
}

/** Nothing is sent on a dry run, so its tokens need no key of anybody's. */
const noKey = { epoch: 1, key: Buffer.alloc(32) }

/** Rows shown to a person; all are counted. */
const shownRows = 20

/** Writes what a feed would make of these rows as one JSON object. */
export async function reportAsJson(
  rows: AsyncIterable<SourceRows['pairings']>,
  home: HomeNetwork,
  sink: ReportSink,
): Promise<void> {
  let [rowsIn, rejected] = [0, 0]
  sink.write('{"rejects":[')
  for await (const { line, fault } of previewRows('pairings', rows, new RowEncoder(home, noKey))) {
    rowsIn += 1
    if (!fault) continue
    sink.write(`${rejected > 0 ? ',' : ''}${JSON.stringify({ line, field: fault.field, code: fault.code })}`)
    rejected += 1
  }
  sink.write(`],"rowsIn":${rowsIn},"accepted":${rowsIn - rejected},"rejected":${rejected}}\n`)
}

/** Writes the same for a person: the first rows masked, every kind of reject with its remedy, the totals. */
export async function reportAsText(
  rows: AsyncIterable<SourceRows['pairings']>,
  home: HomeNetwork,
  sink: ReportSink,
): Promise<void> {
  let [rowsIn, rejected, shown] = [0, 0, 0]
  const byCode = new Map<RejectCode, number>()
  for await (const { line, masked, fault } of previewRows('pairings', rows, new RowEncoder(home, noKey))) {
    rowsIn += 1
    if (fault) {
      rejected += 1
      byCode.set(fault.code, (byCode.get(fault.code) ?? 0) + 1)
    }
    if (shown === shownRows) continue
    shown += 1
    sink.write(
      fault ? `line ${line}: rejected, ${fault.field}: ${fault.code}\n` : `line ${line}: ${masked}\n`,
    )
  }
  if (rowsIn > shown) sink.write(`… ${rowsIn - shown} more\n`)
  for (const [code, count] of byCode) sink.write(`${count} × ${code}: ${rejectRemedies[code]}\n`)
  sink.write(`${rowsIn} rows in, ${rowsIn - rejected} accepted, ${rejected} rejected; nothing was sent\n`)
}
