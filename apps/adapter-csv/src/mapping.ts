import { readFile } from 'node:fs/promises'
import { type DayReader, type FeedKind, parseDay, readDaysAs } from '@pcbs/sdk'
import { DumpError } from './errors.ts'
import { type Separator, separators } from './records.ts'

/** The columns of each kind of dump. Everything else in it is ignored. */
export const columns = {
  pairings: { required: ['date', 'imei', 'imsi', 'msisdn'], optional: ['rat'] },
  subscribers: {
    required: ['msisdn', 'document'],
    optional: ['documenttype', 'country', 'nationality', 'status', 'name', 'address'],
  },
} as const

/** A column that some kind of dump has. */
export type Column = {
  [Kind in FeedKind]: (typeof columns)[Kind]['required' | 'optional'][number]
}[FeedKind]

/** Columns whose values a mapping may translate. Identifiers are none of them: those are taken as they are, or not. */
const translatable = ['documenttype', 'country', 'nationality', 'status'] as const satisfies readonly Column[]

/** How a dump is spelled; what a mapping file leaves out is as the columns are called here. */
export interface Mapping {
  readonly kind: FeedKind
  /** Found from the header where it is not given. */
  readonly separator: Separator | undefined
  /** The names that the header may have for a column, in small letters. */
  readonly names: (column: Column) => readonly string[]
  readonly readDay: DayReader
  /** What a column's value stands for; the value itself where nothing is said of it. */
  readonly translate: (column: Column, value: string) => string
}

/** The mapping of a dump whose header has the columns' own names. */
export function plainMapping(kind: FeedKind): Mapping {
  return readMapping({ kind }, 'the default')
}

/**
 * Reads a mapping file; see docs/adapter-csv.md.
 * @throws {DumpError} `mapping`, naming what is wrong
 */
export async function readMappingFile(path: string, kind: FeedKind | undefined): Promise<Mapping> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) throw new DumpError('mapping', `there is no file ${path}.`)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw new DumpError('mapping', `${path} is not JSON.`)
  }
  if (!isRecord(content)) throw new DumpError('mapping', `${path} is not an object.`)
  return readMapping(kind ? { ...content, kind } : content, path)
}

const keys = ['kind', 'separator', 'columns', 'day', 'values'] as const

function readMapping(content: Readonly<Record<string, unknown>>, path: string): Mapping {
  const refuse = (what: string) => new DumpError('mapping', `${path}: ${what}`)
  for (const key of Object.keys(content))
    if (!(keys as readonly string[]).includes(key)) throw refuse(`there is no setting ${key}.`)
  const { kind = 'pairings', separator, columns: names = {}, day, values = {} } = content
  if (kind !== 'pairings' && kind !== 'subscribers') throw refuse('kind is pairings or subscribers.')
  if (day !== undefined && typeof day !== 'string') throw refuse('day is a text, such as DD/MM/YYYY.')
  const readDay = day === undefined ? parseDay : readDaysAs(day)
  if (!readDay) throw refuse('day has YYYY, MM or MMM, and DD, once each, such as DD/MM/YYYY.')
  const known: readonly string[] = [...columns[kind].required, ...columns[kind].optional]
  const spellings = new Map(Object.entries(readNames(names, known, refuse)))
  const translations = readTranslations(values, refuse)
  return {
    kind,
    separator: readSeparator(separator, refuse),
    names: (column) => spellings.get(column) ?? [column],
    readDay,
    translate: (column, value) => translations.get(column)?.get(value.trim().toLowerCase()) ?? value,
  }
}

type Refuse = (what: string) => DumpError

function readSeparator(separator: unknown, refuse: Refuse): Separator | undefined {
  if (separator === undefined) return undefined
  const found = separators.find((each) => each === (separator === 'tab' ? '\t' : separator))
  if (!found) throw refuse('separator is , or ; or | or tab.')
  return found
}

function readNames(
  names: unknown,
  known: readonly string[],
  refuse: Refuse,
): Readonly<Record<string, readonly string[]>> {
  if (!isRecord(names)) throw refuse('columns is an object.')
  const named = Object.values(names)
    .flat()
    .map((each) => headerName(String(each)))
  if (new Set(named).size < named.length)
    throw refuse('columns names one header twice: a value is of one column.')
  return Object.fromEntries(
    Object.entries(names).map(([name, spelling]) => {
      const column = name.toLowerCase()
      if (!known.includes(column)) throw refuse(`there is no column ${name}; there are ${known.join(', ')}.`)
      const spellings: readonly unknown[] = Array.isArray(spelling) ? spelling : [spelling]
      if (spellings.length === 0 || !spellings.every((each) => typeof each === 'string'))
        throw refuse(`columns.${name} is the header's name for it, or a list of names.`)
      return [column, spellings.map((each) => headerName(each))]
    }),
  )
}

function readTranslations(values: unknown, refuse: Refuse): ReadonlyMap<string, ReadonlyMap<string, string>> {
  if (!isRecord(values)) throw refuse('values is an object.')
  return new Map(
    Object.entries(values).map(([name, table]) => {
      const column = name.toLowerCase()
      if (!(translatable as readonly string[]).includes(column))
        throw refuse(`values can be given for ${translatable.join(', ')}.`)
      if (!isRecord(table) || !Object.values(table).every((each) => typeof each === 'string'))
        throw refuse(`values.${name} says for each value of the dump what it stands for.`)
      const entries = Object.entries(table as Readonly<Record<string, string>>)
      return [column, new Map(entries.map(([value, meaning]) => [value.trim().toLowerCase(), meaning]))]
    }),
  )
}

/** A header's name as names are compared: in small letters, without the space around it. */
export function headerName(text: string): string {
  return text.trim().toLowerCase()
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
