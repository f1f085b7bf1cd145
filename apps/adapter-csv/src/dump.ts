import type { RowFault, SourceRows } from '@pcbs/sdk'
import { DumpError } from './errors.ts'
import { type Column, columns, headerName, type Mapping } from './mapping.ts'
import {
  readRecords,
  type Separator,
  separators,
  splitRecord,
  type TextRecord,
  takeFirstRecord,
} from './records.ts'
import { readText } from './text.ts'

/** A row of a dump as the kit takes it, of either kind; `line` is where it begins in the dump. */
export type DumpRow = (SourceRows['pairings'] | SourceRows['subscribers']) & { readonly line: number }

/** A dump's columns: what separates them, and where each stands. */
interface Layout {
  readonly separator: Separator
  readonly width: number
  readonly positions: ReadonlyMap<Column, number>
}

/** Rows that are handed on together, which costs less than one at a time. */
const rowsAtOnce = 500

/**
 * Reads an operator's dump from its bytes: every row after the header comes out as a row, or as one that says what is
 * wrong with it.
 * @throws {DumpError} where it cannot be read to its end, has no usable header, or has no row
 */
export async function* readDump(
  input: AsyncIterable<Uint8Array>,
  mapping: Mapping,
): AsyncIterable<readonly DumpRow[]> {
  const { first, nextLine, rest } = await takeHeader(readText(input))
  const layout = findLayout(first, mapping)
  if (!layout) throw unusableHeader(mapping)
  let rows: DumpRow[] = []
  let isEmpty = true
  for await (const record of readRecords(rest, { ...layout, firstLine: nextLine })) {
    isEmpty = false
    rows.push({ ...readRow(record, layout, mapping), line: record.line })
    if (rows.length < rowsAtOnce) continue
    yield rows
    rows = []
  }
  if (isEmpty) throw new DumpError('dump-empty', 'the dump has a header and no row.')
  yield rows
}

/** Spreadsheets write a first line `sep=;` where the separator is not the reader's own; the header is the next line. */
const separatorLine = /^\s*"?sep=.{1,2}\s*$/i

async function takeHeader(text: AsyncIterable<string>): ReturnType<typeof takeFirstRecord> {
  const header = await takeFirstRecord(text)
  if (header.first.trim() === '') throw new DumpError('dump-empty', 'there is no text on standard input.')
  if (!separatorLine.test(header.first)) return header
  const next = await takeFirstRecord(header.rest)
  return { ...next, nextLine: header.nextLine + next.nextLine - 1 }
}

function unusableHeader({ kind, names }: Mapping): DumpError {
  const wanted = columns[kind].required.map((column) => names(column).join(' or '))
  return new DumpError(
    'header-unusable',
    `the first line must name the columns ${wanted.join(', ')}, each once; a mapping file can give other names.`,
  )
}

/** The layout by the first separator with which the header names every column that must be there, none of them twice. */
function findLayout(header: string, mapping: Mapping): Layout | undefined {
  const candidates = mapping.separator ? [mapping.separator] : separators
  for (const separator of candidates) {
    const layout = readHeader(splitRecord(header, separator).map(headerName), separator, mapping)
    if (layout) return layout
  }
  return undefined
}

function readHeader(
  header: readonly string[],
  separator: Separator,
  { kind, names }: Mapping,
): Layout | undefined {
  const { required, optional } = columns[kind]
  const positions = new Map<Column, number>()
  for (const column of [...required, ...optional]) {
    const found = header.flatMap((name, position) => (names(column).includes(name) ? [position] : []))
    // A column that is there twice could mean either.
    if (found.length > 1) return undefined
    if (found[0] !== undefined) positions.set(column, found[0])
  }
  const isWhole = required.every((column) => positions.has(column))
  return isWhole ? { separator, width: header.length, positions } : undefined
}

/** Columns in which people write over several lines. */
const longColumns: ReadonlySet<Column> = new Set(['name', 'address'])

function readRow(
  record: TextRecord,
  layout: Layout,
  mapping: Mapping,
): SourceRows['pairings'] | SourceRows['subscribers'] {
  refuseSwallowedRows(record, layout)
  if (record.values.length !== layout.width) return unreadable('row', 'column-count')
  const value = (column: Column) =>
    mapping.translate(column, withoutSpace(record.values[layout.positions.get(column) ?? -1] ?? ''))
  return mapping.kind === 'pairings' ? readPairing(value, mapping) : readSubscriber(value, layout)
}

/** A value without the white space that a column of fixed width left in its quotation marks. */
function withoutSpace(value: string): string {
  return value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
}

/**
 * A quotation mark too many takes the rows up to the next one into a single value. Where a row has several lines and not
 * the header's number of values, or a line end within an identifier, that is what happened: nobody can say which rows
 * were lost, so the dump is not read.
 */
function refuseSwallowedRows({ line, lines, values }: TextRecord, { width, positions }: Layout): void {
  if (lines === 1) return
  const isBroken = [...positions].some(
    ([column, position]) => !longColumns.has(column) && /[\r\n]/.test(values[position] ?? ''),
  )
  if (isBroken || values.length !== width)
    throw new DumpError('quote-open', `the row on line ${line} goes on for ${lines} lines.`)
}

function readPairing(value: (column: Column) => string, { readDay }: Mapping): SourceRows['pairings'] {
  const day = readDay(value('date'))
  if (!day.ok) return unreadable('date', day.failure)
  return {
    imei: value('imei'),
    imsi: value('imsi'),
    msisdn: value('msisdn'),
    firstSeen: day.value,
    lastSeen: day.value,
    rat: value('rat'),
  }
}

function readSubscriber(value: (column: Column) => string, { positions }: Layout): SourceRows['subscribers'] {
  const status = positions.has('status') ? value('status').toLowerCase() : 'active'
  if (status !== 'active' && status !== 'ended') return unreadable('status', 'status-format')
  return {
    msisdn: value('msisdn'),
    nationalId: value('document'),
    documentType: value('documenttype'),
    issuingCountry: value('country'),
    nationality: value('nationality'),
    isActive: status === 'active',
    name: value('name'),
    address: value('address'),
  }
}

function unreadable(field: RowFault['field'], code: RowFault['code']): { readonly fault: RowFault } {
  return { fault: { field, code } }
}
