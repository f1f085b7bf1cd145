import { type PreviewedRow, type RejectCode, rejectRemedies } from '@pcbs/sdk'
import { DumpError } from './errors.ts'

/** Where a report is written, piece by piece: a dump may have more rejects than memory. */
export interface ReportSink {
  write(text: string): unknown
}

/** Rows shown to a person; all are counted. */
const shownRows = 20

/**
 * Writes what a feed would make of these rows as one JSON object. Where the dump breaks off, the object says why, counts
 * what came before, and the error is thrown on.
 * @returns how many rows would be accepted
 */
export async function reportAsJson(rows: AsyncIterable<PreviewedRow>, sink: ReportSink): Promise<number> {
  let [rowsIn, rejected] = [0, 0]
  let broken: DumpError | undefined
  sink.write('{"rejects":[')
  try {
    for await (const { line, fault } of rows) {
      rowsIn += 1
      if (!fault) continue
      sink.write(
        `${rejected > 0 ? ',' : ''}${JSON.stringify({ line, field: fault.field, code: fault.code })}`,
      )
      rejected += 1
    }
  } catch (error) {
    if (!(error instanceof DumpError)) throw error
    broken = error
  }
  const totals = `"rowsIn":${rowsIn},"accepted":${rowsIn - rejected},"rejected":${rejected}`
  const error = broken ? `,"error":${JSON.stringify({ code: broken.code, message: broken.message })}` : ''
  sink.write(`],${totals}${error}}\n`)
  if (broken) throw broken
  return rowsIn - rejected
}

/**
 * Writes the same for a person: the first rows masked, every kind of reject with its remedy, the totals.
 * @returns how many rows would be accepted
 */
export async function reportAsText(rows: AsyncIterable<PreviewedRow>, sink: ReportSink): Promise<number> {
  let [rowsIn, rejected, shown] = [0, 0, 0]
  const byCode = new Map<RejectCode, number>()
  for await (const { line, masked, fault } of rows) {
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
  if (rowsIn > shown) sink.write(`… ${rowsIn - shown} more; --json has every reject with its line\n`)
  for (const [code, count] of byCode) sink.write(`${count} × ${code}: ${rejectRemedies[code]}\n`)
  sink.write(`${rowsIn} rows in, ${rowsIn - rejected} accepted, ${rejected} rejected; nothing was sent\n`)
  return rowsIn - rejected
}
