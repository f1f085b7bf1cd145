import { expect, test } from 'vitest'
import { readContract } from '../src/http/contract.ts'
import { resolve, type Schema } from './hostile/samples.ts'

/** What can be sent has bounds in the contract itself: whoever builds on the API reads them there. */

const document = await readContract()

interface Sent {
  readonly parameters?: readonly Schema[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

/** Every schema of a single value that a client sends, with where it stands. */
function sentValues(): readonly (readonly [place: string, schema: Schema & Bounds])[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    ['parameters', 'get', 'post', 'put', 'delete'].flatMap((key) => {
      const part = item[key]
      if (part === undefined) return []
      const { parameters, requestBody }: Sent =
        key === 'parameters' ? { parameters: part as readonly Schema[] } : (part as Sent)
      const json = requestBody?.content['application/json']?.schema
      return [
        ...(parameters ?? []).flatMap((each) => {
          const { name, schema } = resolve(document, each) as unknown as { name: string; schema: Schema }
          return valuesIn(`${key} ${path} ${name}`, schema)
        }),
        ...(json ? valuesIn(`${key} ${path} body`, json) : []),
      ]
    }),
  )
}

interface Bounds {
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly additionalProperties?: unknown
}

function valuesIn(place: string, given: Schema): readonly (readonly [string, Schema & Bounds])[] {
  const schema: Schema & Bounds = resolve(document, given)
  const inner = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) => valuesIn(`${place}.${name}`, each)),
    ...(schema.items ? valuesIn(`${place}[]`, schema.items) : []),
  ]
  return [[place, schema], ...inner]
}

const largestExact = Number.MAX_SAFE_INTEGER

test('every number that a client sends has a least and a greatest value that its readers keep exact', () => {
  const numbers = sentValues().filter(([, { type }]) => type === 'integer' || type === 'number')
  expect(numbers.length).toBeGreaterThan(20)
  const unbounded = numbers.filter(
    ([, { minimum, maximum }]) => minimum === undefined || maximum === undefined || maximum > largestExact,
  )
  expect(unbounded.map(([place]) => place)).toEqual([])
})

test('every text, list and object that a client sends has a form or a greatest size', () => {
  const loose = sentValues().filter(([, schema]) => {
    switch (schema.type) {
      case 'string':
        return !schema.enum && schema.pattern === undefined && schema.maxLength === undefined
      case 'array':
        return schema.maxItems === undefined
      case 'object':
        return schema.additionalProperties !== false
      default:
        return false
    }
  })
  expect(loose.map(([place]) => place)).toEqual([])
})
