/** A JSON schema of the contract, as far as the walk reads it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly minLength?: number
  readonly items?: Schema
  readonly minItems?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

const hex = '0123456789abcdef'

/** Texts of which one fits each pattern and format of the contract's request bodies. */
const fitting = [
  'telco-a',
  'edge-1',
  'KL/TRAVERS/012345/26',
  'AQEAAQIDBAUGBwgJCgsMDQ4P',
  '35209900',
  '35209900176148',
  '352099001761481',
  hex.repeat(4),
  'A'.repeat(43),
  'A'.repeat(86),
  '2026-11-24',
  '2026-11-24T02:31:07.512Z',
  '0f8fad5b-d9cb-469f-a165-70867728950e',
]

const formats: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f-]{36}$/,
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /T/,
}

/** Follows a reference into the contract's document. */
export function resolve(document: object, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema
  let found: unknown = document
  for (const key of schema.$ref.split('/').slice(1)) found = (found as Record<string, unknown>)[key]
  return resolve(document, found as Schema)
}

/** A value that fits a schema, every property of an object included. */
export function sampleOf(document: object, given: Schema): unknown {
  const schema = resolve(document, given)
  if (schema.enum) return schema.enum[0]
  if (schema.examples) return schema.examples[0]
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, each]) => [name, sampleOf(document, each)]),
      )
    case 'array':
      return schema.items ? [sampleOf(document, schema.items)] : []
    case 'integer':
      return schema.minimum ?? 0
    case 'boolean':
      return true
    default:
      return sampleText(schema)
  }
}

function sampleText({ pattern, format, minLength = 0 }: Schema): string {
  const shape = format === undefined ? undefined : formats[format]
  const found = fitting.find(
    (text) =>
      text.length >= minLength &&
      (!pattern || new RegExp(pattern).test(text)) &&
      (!shape || shape.test(text)),
  )
  if (found === undefined) throw new Error(`add a text that fits ${pattern ?? format} to the samples`)
  return found
}

/** A place in a value: the keys that lead there. */
export type Place = readonly (string | number)[]

/** Every place in a value, the outermost first. */
export function placesOf(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [[]]
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value)
  return [[], ...entries.flatMap(([key, inner]) => placesOf(inner).map((place) => [key, ...place]))]
}

/** The value with another one in a place. */
export function withAt(value: unknown, [key, ...rest]: Place, other: unknown): unknown {
  if (key === undefined) return other
  const inner = (value as Record<string | number, unknown>)[key]
  const changed = withAt(inner, rest, other)
  if (Array.isArray(value)) return value.with(Number(key), changed)
  return { ...(value as object), [key]: changed }
}
