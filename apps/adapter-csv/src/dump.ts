import { parseDay, type SourceRows, type UnreadableRow } from '@pcbs/sdk'
import type { TextLine } from './lines.ts'

/** What a dump must have, and what it may. Everything else in it is ignored. */
const required = ['date', 'imei', 'imsi', 'msisdn'] as const
const optional = ['rat'] as const

/** A dump's columns: what separates them, and where each stands. */
interface Layout {
  readonly separator: ',' | '|'
  readonly width: number
  readonly positions: ReadonlyMap<string, number>
}

/**
 * Reads an operator's dump: `date,imei,imsi,msisdn`, columns in any order, headers in any case, more columns
 * ignored, comma or pipe. Every non-blank line after the header comes out as a row or as a row that says what
 * is wrong with it; without a usable header they all do.
 */
export async function* readDump(lines: AsyncIterable<TextLine>): AsyncIterable<SourceRows['pairings']> {
  let layout: Layout | 'unusable' | undefined
  for await (const { number: line, text } of lines) {
    if (text.trim() === '') continue
    if (layout === undefined) layout = readHeader(text) ?? 'unusable'
    else yield { ...readRow(text, layout), line }
  }
}

function readHeader(text: string): Layout | undefined {
  const separator = text.includes('|') && !text.includes(',') ? '|' : ','
  const names = text
    .replace(/^\uFEFF/, '')
    .split(separator)
    .map((name) => unquoted(name).toLowerCase())
  const positions = new Map<string, number>()
  for (const name of [...required, ...optional]) {
    const position = names.indexOf(name)
    // A column that is there twice could mean either.
    if (position !== names.lastIndexOf(name)) return undefined
    if (position >= 0) positions.set(name, position)
  }
  return required.every((name) => positions.has(name))
    ? { separator, width: names.length, positions }
    : undefined
}

function readRow(text: string, layout: Layout | 'unusable'): SourceRows['pairings'] {
  if (layout === 'unusable') return unreadable('header', 'header-unusable')
  const values = text.split(layout.separator).map(unquoted)
  if (values.length < layout.width) return unreadable('row', 'column-count')
  const value = (name: string) => values[layout.positions.get(name) ?? -1] ?? ''
  const day = parseDay(value('date'))
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

function unreadable(
  field: UnreadableRow['fault']['field'],
  code: UnreadableRow['fault']['code'],
): UnreadableRow {
  return { fault: { field, code } }
}

/** The value between its quotes, if it has any. */
function unquoted(text: string): string {
  const trimmed = text.trim()
  return /^".*"$/.test(trimmed) ? trimmed.slice(1, -1).trim() : trimmed
}
