import { readFile } from 'node:fs/promises'
import { contractFile } from '@pcbs/contract'
import { parse } from 'yaml'
import type { OperationId } from './operation.ts'

/** The contract's document, as the validator takes it. */
export type ContractDocument = Record<string, unknown> & {
  readonly paths: Record<string, Record<string, unknown>>
}

/** One operation as the router needs it. */
export interface Route {
  readonly operationId: OperationId
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** Express path, such as `/v1/cases/:caseId`. */
  readonly path: string
  /** Scopes of which the token must have one; empty for operations open to everyone. */
  readonly scopes: readonly string[]
  /** Which kinds of principal may call. */
  readonly roles: readonly string[]
  /** Whether the body is a stream rather than JSON. */
  readonly isStream: boolean
  /** The names of parameters whose values are whole numbers, by where they stand. */
  readonly wholeNumbers: Readonly<Record<'path' | 'query', readonly string[]>>
}

interface ContractParameter {
  readonly name: string
  readonly in: string
  readonly schema: unknown
}

interface ContractOperation {
  readonly operationId: OperationId
  readonly parameters?: readonly unknown[]
  readonly 'x-roles': readonly string[]
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
  readonly security?: readonly { readonly oauth?: readonly string[] }[]
}

const methods = ['get', 'post', 'put', 'delete'] as const

/** Reads the contract. */
export async function readContract(): Promise<ContractDocument> {
  return parse(await readFile(contractFile, 'utf8')) as ContractDocument
}

/** Every operation of the contract. */
export function routesOf(document: ContractDocument): readonly Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      // The contract's lint guarantees the shape of an operation.
      const operation = item[method] as ContractOperation | undefined
      if (!operation) return []
      return [
        {
          operationId: operation.operationId,
          method,
          path: path.replaceAll(/\{(\w+)\}/g, ':$1'),
          scopes: (operation.security ?? []).flatMap(({ oauth }) => oauth ?? []),
          roles: operation['x-roles'],
          isStream:
            operation.requestBody !== undefined && !('application/json' in operation.requestBody.content),
          wholeNumbers: wholeNumbersOf(document, item, operation),
        },
      ]
    }),
  )
}

function wholeNumbersOf(
  document: ContractDocument,
  item: Record<string, unknown>,
  operation: ContractOperation,
): Route['wholeNumbers'] {
  const shared = (item.parameters as readonly unknown[] | undefined) ?? []
  const wholeNumbers = [...shared, ...(operation.parameters ?? [])]
    // What the contract lists under `parameters` is parameters, or references to them.
    .map((each) => followReference(document, each) as ContractParameter)
    .filter(({ schema }) => (followReference(document, schema) as { type?: unknown }).type === 'integer')
  const namesIn = (place: string) => wholeNumbers.filter((each) => each.in === place).map(({ name }) => name)
  return { path: namesIn('path'), query: namesIn('query') }
}

/** What a `$ref` into this document stands for; anything else is itself. */
function followReference(document: ContractDocument, value: unknown): unknown {
  const { $ref: reference } = (value ?? {}) as { readonly $ref?: string }
  if (reference === undefined) return value
  let found: unknown = document
  for (const key of reference.split('/').slice(1)) found = (found as Record<string, unknown>)[key]
  return followReference(document, found)
}
