import { pipeline } from 'node:stream/promises'
import { CsvError, type Options, parse } from 'csv-parse'
import { parse as parseSync } from 'csv-parse/sync'
import { DumpError } from './errors.ts'

/** What separates the values of a row. */
export const separators = [',', ';', '\t', '|'] as const

/** One of {@link separators}. */
export type Separator = (typeof separators)[number]

/** A row of a dump, and where it stands. */
export interface TextRecord {
  /** The line that the record begins on, from 1: within quotation marks a value may have lines of its own. */
  readonly line: number
  /** How many lines it has. */
  readonly lines: number
  readonly values: readonly string[]
}

/**
 * No row is as long. Without a limit a quotation mark that is never closed would take the rest of the dump into one row,
 * and into memory.
 */
const maxRecordLength = 64 * 1024

/**
 * RFC 4180 with what real dumps add: any line end, spaces around quoted values, and a quotation mark within a value that
 * does not begin with one. How many values a row has is the reader's to judge.
 */
function optionsFor(delimiter: Separator): Options {
  return {
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    ltrim: true,
    rtrim: true,
    relax_quotes: true,
    relax_column_count: true,
    max_record_size: maxRecordLength,
  }
}

/** What the parser's refusals mean; every other one is of a quotation mark that nothing closes. */
const faults: Readonly<Partial<Record<string, 'row-long' | 'quote-closed'>>> = {
  CSV_MAX_RECORD_SIZE: 'row-long',
  CSV_INVALID_CLOSING_QUOTE: 'quote-closed',
}

const lineEnds = /\r\n|\n|\r/g

/** The values of a text's first row that is not blank; none where a quotation mark of it is not closed. */
export function splitRecord(text: string, separator: Separator): readonly string[] {
  try {
    // With these options a record is a list of texts.
    const [record] = parseSync(text, {
      ...optionsFor(separator),
      skip_empty_lines: true,
      to: 1,
    }) as string[][]
    return record ?? []
  } catch (error) {
    if (error instanceof CsvError) return []
    throw error
  }
}

/**
 * Cuts text into records; blank lines are none.
 * @param firstLine the line that the text begins on
 * @throws {DumpError} `quote-open`
 */
export async function* readRecords(
  text: AsyncIterable<string>,
  { separator, firstLine }: { readonly separator: Separator; readonly firstLine: number },
): AsyncIterable<TextRecord> {
  const parser = parse(optionsFor(separator))
  // Its failure is that of the parser, which is read below.
  const feeding = pipeline(text, parser)
  feeding.catch(() => {})
  let line = firstLine
  try {
    for await (const values of parser as AsyncIterable<string[]>) {
      const lines = 1 + values.reduce((total, value) => total + (value.match(lineEnds)?.length ?? 0), 0)
      if (values.length > 1 || values[0] !== '') yield { line, lines, values }
      line += lines
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new DumpError(faults[error.code] ?? 'quote-open', `look at the row on line ${line}.`)
  }
  await feeding
}

/**
 * Takes the first row off a text, line ends within quotation marks included. Blank lines before it are passed over.
 * @returns the row's text, empty where there is none, the line that follows it, and the text behind it
 */
export async function takeFirstRecord(
  text: AsyncIterable<string>,
): Promise<{ readonly first: string; readonly nextLine: number; readonly rest: AsyncIterable<string> }> {
  const iterator = text[Symbol.asyncIterator]()
  let gathered = ''
  let isEnded = false
  let end = -1
  while (end < 0 && !isEnded && gathered.length <= maxRecordLength) {
    const { value = '', done = false } = await iterator.next()
    isEnded = done
    gathered += value
    end = findRecordEnd(gathered, isEnded)
  }
  const first = gathered.slice(0, Math.max(end, 0))
  async function* rest(): AsyncIterable<string> {
    yield gathered.slice(first.length)
    if (!isEnded) yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { first, nextLine: 1 + (first.match(lineEnds)?.length ?? 0), rest: rest() }
}

/**
 * The place behind the line end of the first row that is not blank, or -1 where the text may end within it. The separator
 * is not known yet, so a quotation mark opens a value behind any of them; within a value that it did not open it stands for
 * itself.
 */
function findRecordEnd(text: string, isEnded: boolean): number {
  let start = 0
  let isQuoted = false
  let isAtValueStart = true
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (character === '"') isQuoted = isQuoted ? text[at + 1] === '"' && ++at > 0 : isAtValueStart
    if (isQuoted) continue
    isAtValueStart =
      (separators as readonly string[]).includes(character) || (isAtValueStart && character === ' ')
    if (character !== '\n' && character !== '\r') continue
    // A carriage return at the end of what is there may be half of a line end.
    if (character === '\r' && at + 1 === text.length && !isEnded) return -1
    const end = character === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1
    if (text.slice(start, at).trim() !== '') return end
    start = end
    at = end - 1
    isAtValueStart = true
  }
  return isEnded ? text.length : -1
}
