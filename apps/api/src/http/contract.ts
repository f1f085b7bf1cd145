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
}

interface ContractOperation {
  readonly operationId: OperationId
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
export function routesOf({ paths }: ContractDocument): readonly Route[] {
  return Object.entries(paths).flatMap(([path, item]) =>
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
        },
      ]
    }),
  )
}
