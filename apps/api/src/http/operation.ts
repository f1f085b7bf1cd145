import type { Readable } from 'node:stream'
import type { operations } from '@pcbs/contract'
import type { Principal } from '../auth/principal.ts'
import type { Context } from '../context.ts'

/** The name of an operation of the contract. */
export type OperationId = keyof operations

type Parameters<
  Id extends OperationId,
  Place extends 'path' | 'query',
> = operations[Id]['parameters'] extends {
  [Key in Place]?: infer Found
}
  ? NonNullable<Found>
  : Record<string, never>

type Body<Id extends OperationId> = operations[Id] extends {
  requestBody: { content: { 'application/json': infer Found } }
}
  ? Found
  : undefined

/** JSON as a value, CSV as text, bytes as a stream. */
type Content<Response> = Response extends { content: infer Found }
  ? Found extends { 'application/json': infer Value }
    ? Value
    : Found extends { 'text/csv': string }
      ? string
      : Readable
  : undefined

type Successes<Id extends OperationId> = Omit<operations[Id]['responses'], 'default'>

/** A request that fits the contract. */
export interface Input<Id extends OperationId> {
  readonly path: Parameters<Id, 'path'>
  readonly query: Parameters<Id, 'query'>
  readonly body: Body<Id>
  readonly principal: Principal
  /** A request header, by lower-case name. */
  header(name: string): string | undefined
  /** The body as it comes, for operations whose body is not JSON. */
  readonly stream: Readable
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

/** An answer that the contract names for this operation. */
export type Output<Id extends OperationId> = {
  [Status in keyof Successes<Id>]: {
    readonly status: Status
    readonly body: Content<Successes<Id>[Status]>
    readonly headers?: Readonly<Record<string, string>>
  }
}[keyof Successes<Id>]

/** Carries out one operation. Refuses by throwing a Problem. */
export type Handler<Id extends OperationId> = (input: Input<Id>, context: Context) => Promise<Output<Id>>

/** A handler of whichever operation: its input is made by the router from that operation's own contract. */
export type AnyHandler = (
  input: never,
  context: Context,
) => Promise<{
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}>

/** A handler for every operation: a missing or extra one does not compile. */
export type Handlers = { readonly [Id in OperationId]: Handler<Id> }
